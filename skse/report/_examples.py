"""Recordings to be embedded in a page: sound as FLAC, spectrograms as PNG, each a data URI."""

import base64
import io
import warnings

import numpy as np

from skse.metrics import si_sdr_score
from skse.plotting import SpectrogramDisplay
from skse.utils import check_waveforms

# Pixels of a spectrogram at most, whatever the recording's length and sampling rate.
_MOST_FRAMES, _MOST_FREQUENCIES = 480, 160
_RANGE_DB = 60
_COLORS = 64
_FRAME_S = 0.032
# Of longer recordings the beginning is embedded: a page is opened whole.
_LONGEST_S = 30


def check_examples(examples):
    """Check all waveforms; return them as float32 by title and name.

    Raises
    ------
    ValueError
        For an example without waveforms, one that is not finite and mono, or waveforms of
        unequal length within an example.
    """
    checked = {}
    for title, waveforms in examples.items():
        if not waveforms:
            raise ValueError(
                f"write_report: examples[{title!r}] is empty; expected waveforms by name."
            )
        checked[title] = {
            name: check_waveforms([waveform], f"examples[{title!r}][{name!r}]", any_level=True)[0]
            for name, waveform in waveforms.items()
        }
        lengths = {name: len(waveform) for name, waveform in checked[title].items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise ValueError(
                f"write_report: the waveforms of examples[{title!r}] must be equally long, to be "
                f"switched at the same moment; got {listed} samples."
            )
    return checked


def embed(title, waveforms, sampling_rate):
    """Make one example what the template draws.

    Parameters
    ----------
    title : str
        Heading.
    waveforms : dict of str to ndarray
        By name, equally long.
    sampling_rate : int
        Hz.

    Returns
    -------
    example : dict
        title, duration (s), left_out (s, the end of a long recording), attenuation_db (of
        all its sounds, to keep them from clipping), ticks (s) and tracks.
    """
    from matplotlib.ticker import MaxNLocator

    n_times = len(next(iter(waveforms.values())))
    waveforms = {name: w[: int(_LONGEST_S * sampling_rate)] for name, w in waveforms.items()}
    duration = len(next(iter(waveforms.values()))) / sampling_rate
    peak = max(float(np.abs(waveform).max()) for waveform in waveforms.values())
    gain = min(1.0, 1 / peak) if peak else 1.0
    pictures = _draw(waveforms, sampling_rate)
    tracks = []
    for name, waveform in waveforms.items():
        note = ""
        if "clean" in waveforms and name != "clean":
            note = _describe(waveforms["clean"], waveform)
        tracks.append(
            {
                "name": name,
                "note": note,
                "sound": _encode_sound(gain * waveform, sampling_rate),
                "picture": pictures[name],
            }
        )
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(0, duration)
    return {
        "title": title,
        "duration": duration,
        "left_out": n_times / sampling_rate - duration,
        "attenuation_db": -20 * np.log10(gain),
        "ticks": [float(f"{t:.6g}") for t in ticks if 0 <= t <= duration],
        "tracks": tracks,
    }


def _describe(clean, waveform):
    """SI-SDR in words; nothing where silence leaves it undefined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = float(si_sdr_score(clean, waveform))
    return f"SI-SDR {score:.1f} dB".replace(" -", " −") if np.isfinite(score) else ""


def _draw(waveforms, sampling_rate):
    """Spectrograms in one colour scale, as PNG with a palette."""
    n_fft = 2 ** round(np.log2(max(_FRAME_S * sampling_rate, 16)))
    n_times = len(next(iter(waveforms.values())))
    hop_length = int(np.clip(-(-n_times // _MOST_FRAMES), n_fft // 8, n_fft // 2))
    display = SpectrogramDisplay.from_waveforms(
        waveforms, sampling_rate=sampling_rate, n_fft=n_fft, hop_length=hop_length
    )
    levels = {name: _shrink(picture) for name, picture in display.spectrograms.items()}
    loudest = max(float(picture.max()) for picture in levels.values())
    return {
        name: _encode_picture((picture - loudest) / _RANGE_DB + 1)
        for name, picture in levels.items()
    }


def _shrink(levels):
    """Keep the loudest of neighbours, where there are more units than pixels."""
    for axis, most in enumerate((_MOST_FREQUENCIES, _MOST_FRAMES)):
        step = -(-levels.shape[axis] // most)
        if step > 1:
            starts = np.arange(0, levels.shape[axis], step)
            levels = np.maximum.reduceat(levels, starts, axis=axis)
    return levels


def _encode_picture(values):
    from matplotlib import colormaps
    from PIL import Image

    indices = np.clip(np.rint(values[::-1] * (_COLORS - 1)), 0, _COLORS - 1).astype(np.uint8)
    image = Image.fromarray(indices)
    palette = colormaps["magma"].resampled(_COLORS)(np.arange(_COLORS), bytes=True)[:, :3]
    image.putpalette(palette.ravel().tolist())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return _data_uri("image/png", buffer)


def _encode_sound(waveform, sampling_rate):
    import soundfile

    buffer = io.BytesIO()
    clipped = np.clip(waveform, -1, 1)
    soundfile.write(buffer, clipped, sampling_rate, format="FLAC", subtype="PCM_16")
    return _data_uri("audio/flac", buffer)


def _data_uri(kind, buffer):
    return f"data:{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
