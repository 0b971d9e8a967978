"""Two recordings become pairs of waveforms: one rate, channel by channel, the part they share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from skse.datasets._audio import read_channels
from skse.datasets._audio_file import AudioFile
from skse.utils import Scaled, UnusableFileError, WaveformHandle, find_delay

# Two lengths differ by padding where it is no more than this many seconds and this part of the
# longer one; more is cut off where it is silence, or where the recordings clearly are the same.
_PADDING_S, _PADDING = 1.0, 0.25
_MOST_CUT = 0.5
_SILENT = 1e-3  # of the peak
# Clean recordings that are kept for the next noisy ones where handles are wanted.
_N_KEPT = 8


@dataclass(frozen=True)
class Pair:
    """A channel of a noisy recording and the clean one, equally long.

    Parameters
    ----------
    noisy, clean : ndarray of shape (n_times,) or WaveformHandle
        float32 waveforms.
    recording : ndarray or WaveformHandle
        First channel of the whole clean recording.
    path, clean_path : Path
        Files.
    rate : int
        Hz.
    channel : int
        Number of the channel, from 1.
    start : int
        Sample of the clean recording that the pair begins with.
    n_cut : int
        Samples by which the lengths of the recordings differ.
    delay : int
        Samples by which the noisy recording lags behind.
    polarity : int
        1, or -1 where that of the noisy recording is turned.
    snr_db : float
        Measured, in dB.
    """

    noisy: np.ndarray | WaveformHandle
    clean: np.ndarray | WaveformHandle
    recording: np.ndarray | WaveformHandle
    path: Path
    clean_path: Path
    rate: int
    channel: int
    start: int
    n_cut: int
    delay: int
    polarity: int
    snr_db: float


class PairReader:
    """Reads pairs of recordings.

    Parameters
    ----------
    sampling_rate : int or None
        Rate in Hz to resample to. None leaves each pair its own.
    align : bool
        Whether to take delays and turned polarity out.
    lazy : bool, default=False
        Whether to give handles in place of arrays, and to keep few recordings.
    """

    def __init__(self, sampling_rate, align, lazy=False):
        self.sampling_rate, self.align, self.lazy = sampling_rate, align, lazy
        self._clean = {}  # path -> what _read returns, or the error it gave
        self._handles = {}  # path and channel of a clean recording -> its handle

    def read(self, path, clean_path):
        """Return the list of pairs, one a channel; raise UnusableFileError where there is none."""
        if clean_path not in self._clean:
            try:
                self._clean[clean_path] = self._read(clean_path)
            except UnusableFileError as error:
                self._clean[clean_path] = error
            if self.lazy and len(self._clean) > _N_KEPT:
                del self._clean[next(iter(self._clean))]
        if isinstance(self._clean[clean_path], UnusableFileError):
            raise self._clean[clean_path]
        clean, clean_rate = self._clean[clean_path]
        noisy, rate = self._read(path)
        if self.sampling_rate is None and rate != clean_rate:
            raise UnusableFileError(
                path,
                f"{rate} Hz where its clean file {clean_path} has {clean_rate} Hz; pass "
                "sampling_rate (--sampling-rate) to resample both",
            )
        if len(clean) not in (1, len(noisy)):
            raise UnusableFileError(
                path,
                f"number of channels {len(noisy)} where its clean file {clean_path} has "
                f"{len(clean)}; expected as many, or a clean file of one",
            )
        # Resampling rounds the length, so rates that differ may leave one sample over.
        slack = int(rate != clean_rate)
        common = self.sampling_rate or rate
        pairs = []
        for channel, x in enumerate(noisy, 1):
            s = clean[min(channel, len(clean)) - 1]
            cut = self._cut(path, clean_path, x, s, common, slack)
            pair = Pair(
                recording=clean[0],
                path=path,
                clean_path=clean_path,
                rate=common,
                channel=channel,
                **cut,
            )
            pairs.append(self._as_handles(pair, len(clean)) if self.lazy else pair)
        return pairs

    def _read(self, path):
        """Return the channels at the common rate, and the rate of the file."""
        x, rate = read_channels(path)
        if self.sampling_rate not in (None, rate):
            import soxr

            x = soxr.resample(x, rate, self.sampling_rate)
        return np.ascontiguousarray(x.T, dtype=np.float32), rate

    def _as_handles(self, pair, n_clean_channels):
        """Return a pair with handles to what it holds."""
        late, n_times = max(0, pair.delay) if self.align else 0, len(pair.noisy)
        noisy = AudioFile(pair.path, late, late + n_times, self.sampling_rate, pair.channel)
        clean = self._clean_handle(pair.clean_path, min(pair.channel, n_clean_channels))
        return replace(
            pair,
            noisy=Scaled(noisy, -1) if self.align and pair.polarity < 0 else noisy,
            clean=clean[pair.start : pair.start + n_times],
            recording=self._clean_handle(pair.clean_path, 1),
        )

    def _clean_handle(self, path, channel):
        if (path, channel) not in self._handles:
            handle = AudioFile(path, sampling_rate=self.sampling_rate, channel=channel)
            self._handles[path, channel] = handle
        return self._handles[path, channel]

    def _cut(self, path, clean_path, x, s, rate, slack):
        """Return the parts of the two that belong together, and how they were found."""
        found = find_delay(s, x)
        n_cut = abs(len(x) - len(s))
        longer = max(x, s, key=len)
        most = _MOST_CUT * len(longer) if found.is_clear else 0
        most = max(most, min(_PADDING_S * rate, _PADDING * len(longer)))
        if n_cut > most and not _is_silent(longer[len(longer) - n_cut :], longer):
            raise UnusableFileError(
                path,
                f"{len(x)} samples where its clean file {clean_path} has {len(s)}, which is more "
                "than padding; are they of one recording?",
            )
        delay, polarity = (found.samples, found.polarity) if self.align else (0, 1)
        start = max(0, -delay)
        x, s = x[max(0, delay) :], s[start:]
        n_times = min(len(x), len(s))
        x, s = x[:n_times] if polarity > 0 else -x[:n_times], s[:n_times]
        return {
            "noisy": x,
            "clean": s,
            "snr_db": _measure_snr(x, s),
            "start": start,
            "n_cut": n_cut if n_cut > slack else 0,
            "delay": found.samples,
            "polarity": found.polarity,
        }


def _measure_snr(noisy, clean):
    clean = clean.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))


def _is_silent(part, whole):
    return np.abs(part).max(initial=0) <= _SILENT * np.abs(whole).max(initial=0)


def tell_alignment(pairs: Sequence[Pair], aligned: bool, kind: str = "") -> list[str]:
    """Say in a line each how noisy and clean recordings differ in length, time and polarity.

    Parameters
    ----------
    pairs : sequence of Pair
        What was read.
    aligned : bool
        Whether that was taken out.
    kind : str, default=""
        What the recordings are beside the clean ones, such as "noisy ".

    Returns
    -------
    lines : list of str
        Empty where there is nothing to say.
    """
    n_files = len({pair.path for pair in pairs})

    def count(chosen):
        files = list(dict.fromkeys(pair.path for pair in chosen))
        first = f" (first: {files[0]})" if len(files) < n_files else ""
        return f"{len(files)} of {n_files} {kind}recordings{first}"

    lines = []
    if cut := [pair for pair in pairs if pair.n_cut]:
        most = max(pair.n_cut for pair in cut)
        lines.append(
            f"{count(cut)} differ in length from their clean ones, by {most} samples at most: the "
            "part they share is used."
        )
    if late := [pair for pair in pairs if pair.delay]:
        low, high = min(p.delay for p in late), max(p.delay for p in late)
        size = f"{abs(low)} samples ({abs(low) / late[0].rate * 1000:.4g} ms)"
        how = f"{'lag behind' if low > 0 else 'are ahead of'} their clean ones by {size}"
        if low != high:
            how = f"have a delay of {low} to {high} samples against their clean ones"
        lines.append(
            f"{count(late)} {how}: "
            + (
                "the delay was taken out."
                if aligned
                else "align=True (--align) takes the delay out."
            )
        )
    if turned := [pair for pair in pairs if pair.polarity < 0]:
        lines.append(
            f"{count(turned)} have the inverted polarity of their clean ones: "
            + ("it was turned back." if aligned else "align=True (--align) turns it back.")
        )
    return lines
