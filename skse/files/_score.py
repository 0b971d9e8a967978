"""score_folders: clean and enhanced recordings in, a score for every file out."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import Bunch

from skse.audio import RECORDING_SUFFIXES
from skse.datasets import PairReader, Partners, tell_alignment
from skse.files._offset import tell_offsets
from skse.files._quiet import load_quietly
from skse.files._table import format_scores, write_scores
from skse.metrics import Metric, available_metrics, evaluate, get_metric, mean_of_defined
from skse.utils import (
    UnusableFileError,
    check_number,
    default_jobs,
    list_files,
    open_cluster,
    progress_bar,
    this_worker,
)
from skse.utils.typing import FilePath, Match

_N_EXAMPLES = 3


def score_folders(
    clean_dir: FilePath,
    enhanced_dir: FilePath,
    *,
    noisy_dir: FilePath | None = None,
    metrics: Sequence[str | Metric | Callable[..., Any]] | None = None,
    sampling_rate: int | None = None,
    match: Match = "stem",
    clean_name: str | None = None,
    noisy_name: str | None = None,
    align: bool = False,
    ignore_others: bool = False,
    csv_file: FilePath | None = None,
    report: FilePath | None = None,
    n_jobs: int | None = 1,
    scheduler: str | None = None,
    progress: bool = False,
) -> Bunch:
    r"""Score enhanced recordings against clean ones, file by file.

    Parameters
    ----------
    clean_dir, enhanced_dir : str or path-like
        Folders of recordings, searched with all their subfolders. Files of several channels
        are scored channel by channel, against that of the clean file or its only one.
    noisy_dir : str or path-like, default=None
        Folder of the noisy recordings: adds the gains in SNR and SI-SDR and the scores of the
        noisy recordings.
    metrics : sequence of str, Metric or callable, default=None
        As for :func:`~skse.metrics.evaluate`. None takes all that can be computed.
    sampling_rate : int, default=None
        Rate at which to score, in Hz; files of another are resampled. With None the rate that
        most enhanced files have; those of another are skipped.
    match : str, re.Pattern, mapping or callable, default="stem"
        Which clean file belongs to an enhanced one, as for :func:`~skse.datasets.load_pairs`.
    clean_name : str, default=None
        Name of the clean file with the groups of `match`, as there.
    noisy_name : str, default=None
        The same for the noisy file. None takes the one of the name of the enhanced file, with
        the same path below the folder, or else named as the first group of `match`.
    align : bool, default=False
        Whether to take out what lags or leads, and to turn back a turned polarity, before
        scoring, as for :func:`~skse.datasets.load_pairs`. What was found is told in any case.
    ignore_others : bool, default=False
        Whether to say nothing of files that do not have the suffix of a recording.
    csv_file : str or path-like, default=None
        Table to write, one row a file and channel; its columns are named with their units.
    report : str or path-like, default=None
        HTML page to write, with charts and some recordings to listen to.
    n_jobs : int or None, default=1
        Processes side by side. None takes one a core (``OMP_NUM_THREADS`` at most, where set) for
        STOI, ESTOI or PESQ of some minutes of speech and more, one for less.
    scheduler : str, default=None
        Address of the scheduler of a Dask cluster, such as "tcp://10.0.0.1:8786": its workers
        score in place of processes here (`n_jobs` is 1 or None). They read the recordings, which
        must be at the same paths there; here, little of them is kept in memory.
    progress : bool, default=False
        Whether to show a progress bar.

    Returns
    -------
    scores : :class:`~sklearn.utils.Bunch`
        rows : list of dict
            ``file`` (path below `enhanced_dir`), ``channel`` (from 1, only where a file has
            several) and every metric, one row a file and channel. A metric that is not defined
            for it is NaN.
        noisy_rows : list of dict
            The same of the noisy recordings; empty without `noisy_dir`.
        mean, noisy_mean : dict of str to float
            Mean of every metric over the rows for which it is defined.
        metrics : list of str
            Names of the metrics.
        table : str
            All files and the means, to print.
        n_undefined : dict of str to int
            Number of rows for which a metric is not defined, where there are any.
        remarks : list of str
            A line each about lengths, delays, polarity and constant offsets, where there is
            something to say.
        sampling_rate : int
            Hz.
        skipped : list of tuple (str, str)
            Path and reason of every file that could not be scored, or not by all metrics.
        unused : list of str
            Clean files that no enhanced one belongs to.

    Raises
    ------
    ValueError
        For a wrong argument, and for folders without a pair.
    OSError
        Where `csv_file` or `report` cannot be written.
    SchedulerError
        Where the cluster cannot be used, is lost midway, or distributed is not installed
        (``python -m pip install "skse[dask]"``).

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from pathlib import Path
    >>> from skse.files import score_folders
    >>> clean, noise = 0.1 * np.random.default_rng(0).standard_normal((2, 8000))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for kind, x in (("clean", clean), ("enhanced", clean + 0.1 * noise)):
    ...         Path(folder, kind).mkdir()
    ...         soundfile.write(f"{folder}/{kind}/a.wav", x, 8000, subtype="FLOAT")
    ...     scores = score_folders(f"{folder}/clean", f"{folder}/enhanced", metrics=["snr"])
    >>> scores.rows[0]["file"], round(scores.mean["snr"])
    ('a.wav', 20)
    """
    caller = "score_folders"
    if n_jobs is not None:
        check_number(caller, "n_jobs", n_jobs, int, min_val=1)
    if scheduler is not None and n_jobs not in (None, 1):
        raise ValueError(f"{caller}: n_jobs and scheduler exclude each other; leave one out.")
    records = [get_metric(metric, caller=caller, name="metrics") for metric in metrics or ()]
    records = list({metric.key: metric for metric in records}.values())
    if noisy_dir is None and (gains := [m.key for m in records if "noisy" in m.needs]):
        raise ValueError(f"{caller}: metrics={gains!r} need noisy_dir (--noisy).")
    names = {"match": match, "clean_name": clean_name}
    options = {"sampling_rate": sampling_rate, "align": align, "ignore_others": ignore_others}
    lazy = scheduler is not None  # handles travel, not samples
    pairs = load_quietly(enhanced_dir, clean_dir, lazy=lazy, **options, **names)
    rate = pairs.sampling_rate
    noisy, skipped, remarks = [None] * len(pairs.noisy), [], pairs.remarks
    if noisy_dir is not None:
        find = _noisy_finder(noisy_dir, enhanced_dir, match, noisy_name)
        noisy, skipped, told = _read_noisy(pairs, find, PairReader(rate, align, lazy))
        remarks = remarks + told
    without_clean = [
        (path, f"no clean recording in {clean_dir} belongs to it")
        for path in pairs.unmatched
        if Path(path).is_relative_to(enhanced_dir) and not Path(path).is_relative_to(clean_dir)
    ]
    if metrics is None:
        records = [get_metric(key) for key in available_metrics(rate, noisy_dir is not None)]
    keys = [metric.key for metric in records]

    labels = _make_labels(pairs, enhanced_dir)
    tasks = [
        _common(*task) for task in zip(pairs.clean, pairs.noisy, pairs.start, noisy, strict=True)
    ]
    remarks = remarks + tell_offsets(_readable(labels, tasks))
    rows, noisy_rows = [], []
    if scheduler is None:
        results = _score_all(tasks, records, rate, n_jobs, progress)
    else:
        files = [*pairs.filenames, *pairs.clean_filenames, *(x.path for x in noisy if x)]
        results = _score_on_cluster(tasks, records, rate, scheduler, files, progress)
    for label, (enhanced_scores, noisy_scores, failed) in zip(labels, results, strict=True):
        rows.append(label | enhanced_scores)
        if noisy_scores is not None:
            noisy_rows.append(label | noisy_scores)
        skipped += [(str(Path(enhanced_dir, label["file"])), reason) for reason in failed]
    result = Bunch(
        rows=rows,
        noisy_rows=noisy_rows,
        mean=_mean(rows, keys),
        noisy_mean=_mean(noisy_rows, keys) if noisy_rows else {},
        metrics=keys,
        n_undefined={m: n for m in keys if (n := sum(np.isnan(row[m]) for row in rows))},
        sampling_rate=rate,
        remarks=remarks,
        skipped=list(dict.fromkeys([*pairs.skipped, *without_clean, *skipped])),
        unused=[path for path in pairs.unmatched if path not in dict(without_clean)],
    )
    result.table = format_scores(result, records)
    if csv_file is not None:
        write_scores(result, records, csv_file)
    if report is not None:
        _write_report(report, result, labels, tasks, clean_dir, enhanced_dir)
    return result


def _make_labels(pairs, enhanced_dir):
    """Name what every pair is: the file, and its channel where any has several."""
    labels: list[dict[str, Any]] = []
    several = max(pairs.channel) > 1
    for name, channel in zip(pairs.filenames, pairs.channel, strict=True):
        file = Path(name).relative_to(enhanced_dir).as_posix()
        labels.append({"file": file, **({"channel": int(channel)} if several else {})})
    return labels


def _readable(labels, tasks):
    """Yield the name, the clean and the enhanced waveform of all that can be read."""
    for label, (clean, enhanced, _) in zip(labels, tasks, strict=True):
        with suppress(UnusableFileError):  # told where it is scored
            yield label["file"], np.asarray(clean), np.asarray(enhanced)


def _noisy_finder(noisy_dir, enhanced_dir, match, noisy_name):
    """Return the function from the path of an enhanced file to that of its noisy one, or None."""
    paths = [path for path in list_files(noisy_dir) if path.suffix.lower() in RECORDING_SUFFIXES]
    options = {"both_ways": False, "caller": "score_folders", "name": "noisy_name"}
    by_rule = Partners(paths, Path(noisy_dir), match, noisy_name, **options)
    by_path = {by_rule.below(path): path for path in paths} if noisy_name is None else {}

    def find(path):
        same = by_path.get(path.relative_to(enhanced_dir).with_suffix("").as_posix())
        return same or by_rule.find(path, enhanced_dir)

    return find


def _read_noisy(pairs, find, reader):
    """Return the noisy pair of every enhanced one, or None, what was skipped, and remarks."""
    noisy, skipped, n_channels = [], [], Counter(pairs.filenames)
    for name, clean_name in dict(zip(pairs.filenames, pairs.clean_filenames, strict=True)).items():
        found = [None]
        try:
            path = find(Path(name))
            if path is None:
                raise UnusableFileError(name, "no noisy recording belongs to it")
            found = reader.read(path, Path(clean_name))
            if len(found) not in (1, n_channels[name]):
                found, own = [None], len(found)
                raise UnusableFileError(path, f"{own} channels, not {n_channels[name]}")
        except UnusableFileError as error:
            reason = error.reason if error.path == name else f"no usable noisy recording: {error}"
            skipped.append((name, reason))
        noisy += found if len(found) == n_channels[name] else found * n_channels[name]
    used = [pair for pair in noisy if pair is not None]
    return noisy, skipped, tell_alignment(used, reader.align, "noisy ")


def _common(clean, enhanced, start, noisy):
    """Return what clean, enhanced and noisy (or None) recording share, cut to it.

    `start` is the sample of the clean recording that `clean` and `enhanced` begin with.
    """
    if noisy is None:
        return clean, enhanced, None
    begin = max(start, noisy.start)
    end = min(start + len(clean), noisy.start + len(noisy.noisy))
    part = slice(begin - start, max(begin, end) - start)
    return clean[part], enhanced[part], noisy.noisy[begin - noisy.start : end - noisy.start]


def _score_all(tasks, metrics, sampling_rate, n_jobs, progress):
    if n_jobs is None:
        slow = any("n_jobs" in metric.needs for metric in metrics)
        n_jobs = default_jobs(slow * sum(len(task[0]) for task in tasks) / sampling_rate)
    pool = Parallel(n_jobs=n_jobs, return_as="generator")
    scores = pool(delayed(_score_one)(*task, metrics, sampling_rate) for task in tasks)
    return progress_bar(scores, total=len(tasks), desc="score", unit="file", show=progress)


def _score_on_cluster(tasks, metrics, sampling_rate, scheduler, files, progress):
    scored: list[Any] = [None] * len(tasks)
    bar = progress_bar(total=len(tasks), desc="score", unit="file", show=progress)
    with open_cluster(scheduler, files=files) as cluster, bar:
        shared = cluster.share(metrics)
        calls = [(*task, shared, sampling_rate) for task in tasks]
        for place, result, error in cluster.compute(_score_there, calls):
            if isinstance(error, ImportError):  # true of all files
                raise error
            if error is not None:
                reason = f"not scored by any worker: {type(error).__name__}: {error}"
                result = _no_scores(metrics, tasks[place][2], reason)
            scored[place] = result
            bar.update()
    return scored


def _score_there(*arguments):
    enhanced, noisy, reasons = _score_one(*arguments)
    return enhanced, noisy, [f"{reason} (worker {this_worker()})" for reason in reasons]


def _no_scores(metrics, noisy, reason):
    scores = {metric.key: np.nan for metric in metrics}
    return scores, None if noisy is None else dict(scores), [" ".join(reason.split())]


def _score_one(clean, enhanced, noisy, metrics, sampling_rate):
    """Return the scores of the enhanced recording, of the noisy one, and why some are missing."""
    reasons = {}
    try:  # handles are read once
        clean, enhanced = np.asarray(clean), np.asarray(enhanced)
        noisy = None if noisy is None else np.asarray(noisy)
    except UnusableFileError as error:
        return _no_scores(metrics, noisy, str(error))

    def score(x):
        scores = {metric.key: np.nan for metric in metrics}
        for metric in metrics:
            if noisy is None and "noisy" in metric.needs:
                continue
            if metric.sampling_rates and sampling_rate not in metric.sampling_rates:
                reasons[metric.key] = _other_rate(metric, sampling_rate)
                continue
            try:
                scores |= evaluate(clean, x, noisy, sampling_rate=sampling_rate, metrics=[metric])
            except ImportError:  # true of all files
                raise
            except Exception as error:  # one file, or a metric of one's own: the rest goes on
                reasons[metric.key] = f"{metric.key} failed: {error}"
        return scores

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NaN is counted in the end
        return score(enhanced), None if noisy is None else score(noisy), list(reasons.values())


def _other_rate(metric, sampling_rate):
    rates = metric.sampling_rates
    reason = f"{metric.key} is defined at {' or '.join(map(str, rates))} Hz, not {sampling_rate}"
    if sampling_rate > min(rates):
        best = max(rate for rate in rates if rate < sampling_rate)
        return f"{reason}; sampling_rate={best} (--sampling-rate {best}) resamples"
    return reason


def _mean(rows, keys):
    return {key: mean_of_defined([row[key] for row in rows]) for key in keys}


def _write_report(path, scores, labels, tasks, clean_dir, enhanced_dir):
    from skse.report import write_report

    rows = [{"name": "enhanced", "kind": "candidate", **scores.mean}]
    if scores.noisy_rows:
        rows.append({"name": "noisy", "kind": "noisy", **scores.noisy_mean})
    examples = {}
    for i in np.linspace(0, len(tasks) - 1, min(_N_EXAMPLES, len(tasks))).astype(int):
        clean, enhanced, noisy = tasks[i]
        named = {"noisy": noisy, "enhanced": enhanced, "clean": clean}
        try:
            named = {name: x if x is None else np.asarray(x) for name, x in named.items()}
        except UnusableFileError:  # told where it was scored
            continue
        title = " ".join(map(str, [labels[i]["file"], *list(labels[i].values())[1:]]))
        examples[title] = {name: x for name, x in named.items() if x is not None}
    write_report(
        path,
        title="Scores of enhanced recordings",
        rows=rows,
        examples=examples,
        sampling_rate=scores.sampling_rate,
        settings={
            "clean": str(clean_dir),
            "enhanced": str(enhanced_dir),
            "files": str(len({label["file"] for label in labels})),
            "sampling rate": f"{scores.sampling_rate} Hz",
        },
    )
