"""enhance_files: recordings in, enhanced recordings of the same kind out."""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, dump
from threadpoolctl import threadpool_info, threadpool_limits

from skse.audio import AudioFormat, is_pipe, open_audio, peak_of, spooled, write_audio
from skse.files._choice import Settings, enhancer_for
from skse.files._on_cluster import run_on_cluster
from skse.files._plan import STDIN, Job, make_groups, make_plan
from skse.files._resampling import ResamplingWriter, resample, resampled_length
from skse.files._results import FileResult, reason_of
from skse.files._upper_band import join_bands, least_gain
from skse.utils import FileArray, UnusableFileError, check_number, open_cluster, progress_bar
from skse.utils.typing import FilePath

# Samples of a group of recordings that are kept in memory (32 MB); the others go to files.
_IN_MEMORY = 2**23
_TOO_SHORT = (
    "not enhanced, because it is only {:.3g} s long: in so little, a word cannot be told from "
    "noise ({})"
)


def enhance_files(
    inputs: FilePath | Iterable[FilePath],
    out: FilePath,
    *,
    model: Any = None,
    method: str | None = None,
    noise: str | None = None,
    sampling_rate: float | None = None,
    strength: float | None = None,
    mask_floor_db: float | None = None,
    trusted: Sequence[str] = (),
    force: bool = False,
    resume: bool = False,
    ignore_others: bool = False,
    as_wav: bool = False,
    n_jobs: int = 1,
    scheduler: str | None = None,
    progress: bool = False,
) -> list[FileResult]:
    """Enhance recordings in files and folders.

    Every result has the format, subtype (16 or 24 bit, float, ...), sampling rate, number of
    channels, length and metadata of its recording; what cannot be kept is said in `remarks`.
    With PyAV (``python -m pip install "skse[media]"``), the formats of phones, messengers,
    meetings and browsers are read too, and the sound track of films: the result is of the same
    kind where that can be written well (AAC, ALAC, Opus or FLAC in .m4a, .mp4, .mka or .webm,
    without a picture), else FLAC. Channels are enhanced one by one. Memory does not grow with
    the length of a recording: what is too long for it is kept in temporary files in `out`.

    Parameters
    ----------
    inputs : sequence of str or path-like
        Files, folders (searched with all their subfolders, but not those whose names begin
        with a full stop), globs, pipes, and "-" for standard input. The results of a folder
        keep their path below it, those of a glob the path below the folders before its first
        wildcard, others their name; that of a pipe is WAV, "stdin.wav" of standard input.
    out : str or path-like
        Folder of the results.
    model : str, path-like or fitted enhancer, default=None
        Name, path or URL of a model, as for :func:`skse.models.find_model`; a ``.joblib`` file;
        or what such a file holds. Recordings are resampled to its sampling rate, and back, and
        the band above it is kept (see Notes). "auto" is the model that comes with skse for
        each recording's rate, see :func:`skse.models.model_for`. None stands for "auto" where
        neither `method` nor `noise` is given; recordings below 4000 Hz, which no model fits,
        are then enhanced by "log-mmse".
    method : {"log-mmse", "spectral-subtraction", "wiener", "wpe"}, default=None
        Classical enhancer to use in place of a model, at each recording's own sampling rate
        and with frames of 32 ms; with `noise` alone, "log-mmse". "wpe", :class:`skse.WPE` with
        frames of 64 ms, takes away the late echo of rooms and leaves noise; it needs
        ``python -m pip install "skse[rooms]"``.
    noise : {"tracked", "start"}, default=None
        Where `method` has the noise from: "start" is for recordings that begin with at least
        0.13 s of noise alone. None stands for "tracked", with which a recording shorter than
        1 s is left as it is, as its `remarks` say: in so little, a word cannot be told from
        noise.
    sampling_rate : float, default=None
        Sampling rate of `model` in Hz, for one that does not say.
    strength, mask_floor_db : float, default=None
        Take the place of the enhancer's own parameter.
    trusted : sequence of str, default=()
        Classes that a ``.skse`` file may have imported and built, as for :func:`skse.load`.
    force : bool, default=False
        Whether to overwrite files that exist.
    resume : bool, default=False
        Whether to take files that exist for done. A file of a run that was killed never
        exists in part.
    ignore_others : bool, default=False
        Whether to say nothing of files in folders and of globs that do not have the suffix of
        a recording; otherwise they are among the results.
    as_wav : bool, default=False
        Whether every result is a WAV file.
    n_jobs : int, default=1
        Processes side by side. The results do not depend on it.
    scheduler : str, default=None
        Address of the scheduler of a Dask cluster, such as "tcp://10.0.0.1:8786": its workers
        enhance in place of `n_jobs` processes here, with the same results. They read the
        recordings and write to `out`, which must be at the same paths there; the model is sent.
    progress : bool, default=False
        Whether to show a progress bar.

    Returns
    -------
    results : list of FileResult
        One per recording. What cannot be enhanced is among them, with the reason, and does not
        keep the others from it. A result that would clip is turned down, all its channels
        alike, until its peak fits, and says so in `gain_db`.

    Raises
    ------
    ModelError
        Where the model cannot be used.
    ValueError
        For a wrong argument, and where a result would take the place of a recording: before
        anything is written.
    ImportError
        Where `method` is "wpe" and nara_wpe is not installed.
    OSError
        Where nothing can be written to `out`.
    SchedulerError
        Where the cluster cannot be used, or distributed is not installed
        (``python -m pip install "skse[dask]"``): before anything is written; or `midway` where
        it is lost then; what is finished is kept.

    Notes
    -----
    A model knows nothing of what is above half its sampling rate. There a recording is kept,
    multiplied by a gain that follows in time how much less, in level, there is of the octave
    below after enhancement than before: at most 1, and at least what `strength` and
    `mask_floor_db` let remain.

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from pathlib import Path
    >>> from skse.files import enhance_files
    >>> noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/noise.flac", noise, 8000, subtype="PCM_24")
    ...     results = enhance_files([f"{folder}/noise.flac"], f"{folder}/out")
    ...     enhanced, _ = soundfile.read(f"{folder}/out/noise.flac")
    >>> results[0].status, results[0].seconds
    ('enhanced', 1.0)
    >>> bool(np.std(enhanced) < np.std(noise))
    True
    """
    settings = Settings(
        model, method, noise, sampling_rate, strength, mask_floor_db, trusted, str(out)
    )
    settings.check()
    check_number("enhance_files", "n_jobs", n_jobs, int, min_val=1)
    if scheduler is not None and n_jobs > 1:
        raise ValueError("enhance_files: n_jobs and scheduler exclude each other; leave one out.")
    if force and resume:
        raise ValueError("enhance_files: force=True and resume=True contradict each other.")
    if isinstance(inputs, (str, os.PathLike)):
        inputs = [inputs]
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"enhance_files: out={str(out)!r} is a file, not a folder.")
    jobs, results = make_plan(
        inputs, out, force=force, resume=resume, ignore_others=ignore_others, as_wav=as_wav
    )
    if not jobs:
        return results
    settings.find()
    enhancer, _ = enhancer_for(settings, 8000)
    enhancer.check_ready(sampling_rate)
    out.mkdir(parents=True, exist_ok=True)
    try:  # a folder that cannot be written to is one error, not many
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(out)) from error
    with ExitStack() as stack:
        if n_jobs > 1 and not isinstance(settings.model, (Path, type(None))):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            settings.model = os.path.join(folder, "model.joblib")
            dump(model, settings.model)
        if n_jobs > 1 or scheduler is not None:
            settings.n_blas_threads = _n_blas_threads()
        jobs = [_spooled(job, out, stack) for job in jobs]
        groups = make_groups(jobs, side_by_side=enhancer.enhances_side_by_side)
        bar = progress_bar(total=len(jobs), desc="enhance", unit="file", show=progress)
        if scheduler is None:
            results += _run(groups, settings, n_jobs, stack.enter_context(bar))
        else:
            cluster = open_cluster(scheduler, files=[job.file for job in jobs], folder=out)
            cluster = stack.enter_context(cluster)
            bar = stack.enter_context(bar)
            results += run_on_cluster(groups, settings, process, cluster, bar)
    order = {job.source: i for i, job in enumerate(jobs)}
    return sorted(results, key=lambda result: order.get(Path(result.source), -1))


@dataclass
class _Recording:
    """A recording that waits to be enhanced: its channels at the enhancer's sampling rate."""

    job: Job
    audio_format: AudioFormat
    channels: list
    originals: list  # at the recording's own rate; empty where that is the enhancer's
    remarks: tuple[str, ...]


def _spooled(job, folder, stack):
    """Copy a pipe to a file, which can be read more than once and by other processes."""
    if str(job.source) == STDIN:
        stream = sys.stdin.buffer
    elif is_pipe(job.source):
        stream = job.source
    else:
        return job
    return replace(job, file=stack.enter_context(spooled(stream, folder)))


def _n_blas_threads():
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max((pool["num_threads"] for pool in pools), default=1)


@lru_cache(maxsize=1)
def _set_blas_threads(number):
    """Give a worker as many threads as its parent has: sums in BLAS depend on their number."""
    return threadpool_limits(number, "blas")


def _run(groups, settings, n_jobs, bar):
    waiting = {job.source: job for group in groups for job in group}
    results = []
    pool = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    try:
        for done in pool(delayed(process)(group, settings) for group in groups):
            results += done
            bar.update(len(done))
            for result in done:
                del waiting[Path(result.source)]
    except BrokenProcessPool:
        reason = "a process was killed while it, or a file beside it, was enhanced"
        results += [
            FileResult(str(job.source), str(job.destination), "failed", reason)
            for job in waiting.values()
        ]
    return results


def process(jobs, settings):
    """Enhance a group of recordings; return a FileResult for each."""
    try:
        return _process(jobs, settings)
    except Exception as error:
        if len(jobs) > 1:  # find out which it was
            return [result for job in jobs for result in process([job], settings)]
        return [_failed(jobs[0], error)]


def _process(jobs, settings):
    results, recordings = [], {}
    allocate = _Allocator(settings.scratch_folder)
    for job in jobs:
        try:
            recording, rate = _decode(job, settings, allocate)
        except (OSError, UnusableFileError) as error:
            results.append(_failed(job, error))
        else:
            recordings.setdefault(rate, []).append(recording)
    for rate, same_rate in recordings.items():
        enhancer, _ = enhancer_for(settings, rate)
        if settings.n_blas_threads is not None:
            _set_blas_threads(settings.n_blas_threads)
        remedy = "the min_duration of the model decides"
        if settings.model is None:  # no model that ships leaves any alone
            remedy = "--noise start, noise='start', enhances it"
        long_enough = []
        for one in same_rate:
            if enhancer.leaves_alone(len(one.channels[0])):
                _leave(one, remedy)
            else:
                long_enough.append(one)
        _enhance_channels(enhancer, long_enough, rate, allocate)
        for recording in same_rate:
            try:
                results.append(_encode(recording))
            except (OSError, UnusableFileError) as error:
                results.append(_failed(recording.job, error))
    return results


def _leave(recording, remedy):
    """Keep the samples of a recording as they are, and say so."""
    audio_format = recording.audio_format
    seconds = audio_format.n_times / audio_format.sampling_rate
    recording.remarks += (_TOO_SHORT.format(seconds, remedy),)
    recording.channels[:] = recording.originals or recording.channels


def _failed(job, error):
    return FileResult(str(job.source), str(job.destination), "failed", reason_of(error))


class _Allocator:
    """Gives waveforms to write to, in memory while there is room, then in files."""

    def __init__(self, folder):
        self.folder = folder
        self.n_left = _IN_MEMORY

    def __call__(self, n_times, dtype=np.float32):
        self.n_left -= n_times
        if self.n_left >= 0:
            return np.empty(n_times, dtype)
        return FileArray(n_times, dtype, folder=self.folder)


def _decode(job, settings, allocate):
    with open_audio(job.file) as audio:
        audio_format = AudioFormat.of(audio)
        file_rate, n_times = audio_format.sampling_rate, audio_format.n_times
        try:
            _, rate = enhancer_for(settings, file_rate)
        except ValueError as error:
            raise UnusableFileError(job.source, str(error)) from error
        rates = (rate, file_rate) if file_rate != rate else (rate,)
        writers = [
            [_writer_to(new_rate, file_rate, n_times, allocate) for new_rate in rates]
            for _ in range(audio_format.n_channels)
        ]
        n_read = 0
        for block in audio.blocks():
            n_read += len(block)
            for channel, samples in zip(writers, block.T, strict=True):
                for writer in channel:
                    writer.write(samples, last=n_read == n_times)
        remarks = audio.remarks
    channels = [channel[0].destination for channel in writers]
    originals = [channel[1].destination for channel in writers if len(channel) > 1]
    return _Recording(job, audio_format, channels, originals, remarks), rate


def _writer_to(new_rate, rate, n_times, allocate):
    return ResamplingWriter(rate, new_rate, allocate(resampled_length(n_times, rate, new_rate)))


def _enhance_channels(enhancer, recordings, rate, allocate):
    """Enhance all channels, in place of what they were, and bring them back to their own rate."""
    if enhancer.enhances_side_by_side:
        enhanced = iter(enhancer.enhance([x for r in recordings for x in r.channels], allocate))
    else:
        # One by one, for what a network makes of one must not depend on what is beside it.
        enhanced = (enhancer.enhance([x], allocate)[0] for r in recordings for x in r.channels)
    least = least_gain(enhancer)
    for recording in recordings:
        own_rate, channels = recording.audio_format.sampling_rate, recording.channels
        for i in range(len(channels)):
            noisy, channels[i] = channels[i], next(enhanced)
            if own_rate > rate:
                low, channels[i] = channels[i], recording.originals[i]
                join_bands(channels[i], noisy, low, (own_rate, rate), least, allocate)
            elif rate != own_rate:
                low, channels[i] = channels[i], recording.originals[i]
                resample(low, rate, own_rate, channels[i])


def _encode(recording):
    audio_format, job = recording.audio_format, recording.job
    peak = max(map(peak_of, recording.channels))
    if job.as_wav:
        audio_format = audio_format.as_wav()
    elif job.destination.suffix == ".flac" and audio_format.format != "FLAC" and _new_kind(job):
        audio_format = replace(audio_format, format="FLAC", subtype="PCM_16", endian="FILE")
    gain = min(1.0, audio_format.full_scale / peak) if peak > 0 else 1.0
    written = job.written or job.destination
    written.parent.mkdir(parents=True, exist_ok=True)
    lost = write_audio(written, recording.channels, audio_format, gain)
    return FileResult(
        str(job.source),
        str(job.destination),
        "enhanced",
        seconds=audio_format.n_times / audio_format.sampling_rate,
        gain_db=float(20 * np.log10(gain)),
        remarks=(*recording.remarks, *_new_kind(job), *lost),
    )


def _new_kind(job):
    """Say that a result is not of the kind of its recording."""
    old, new = job.source.suffix.lower(), job.destination.suffix.lower()
    if job.as_wav or old == new:
        return ()
    return (f"its result is {new[1:].upper()}: {job.destination}",)
