"""score_folders: clean and enhanced recordings in, a score for every file out."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import Bunch

from skse.files._quiet import load_quietly
from skse.files._table import format_scores, write_scores
from skse.metrics import Metric, available_metrics, evaluate, get_metric, mean_of_defined
from skse.utils import check_number, progress_bar
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
    csv_file: FilePath | None = None,
    report: FilePath | None = None,
    n_jobs: int = 1,
    progress: bool = False,
) -> Bunch:
    r"""Score enhanced recordings against clean ones, file by file.

    Parameters
    ----------
    clean_dir, enhanced_dir : str or path-like
        Folders of recordings, searched with all their subfolders.
    noisy_dir : str or path-like, default=None
        Folder of the noisy recordings, named as the enhanced ones: adds the gains in SNR and
        SI-SDR and the scores of the noisy recordings.
    metrics : sequence of str, Metric or callable, default=None
        As for :func:`~skse.metrics.evaluate`. None takes all that can be computed.
    sampling_rate : int, default=None
        Rate at which to score, in Hz; files of another are resampled. With None all files must
        have the rate of the first.
    match : str, re.Pattern, mapping or callable, default="stem"
        Which clean file belongs to an enhanced one, as for :func:`~skse.datasets.load_pairs`.
    csv_file : str or path-like, default=None
        Table to write, one row a file; its columns are named with their units.
    report : str or path-like, default=None
        HTML page to write, with charts and some recordings to listen to.
    n_jobs : int, default=1
        Processes side by side.
    progress : bool, default=False
        Whether to show a progress bar.

    Returns
    -------
    scores : :class:`~sklearn.utils.Bunch`
        rows : list of dict
            ``file`` (path below `enhanced_dir`) and every metric, one row a file. A metric
            that is not defined for a file is NaN.
        noisy_rows : list of dict
            The same of the noisy recordings; empty without `noisy_dir`.
        mean, noisy_mean : dict of str to float
            Mean of every metric over the files for which it is defined.
        metrics : list of str
            Names of the metrics.
        table : str
            All files and the means, to print.
        n_undefined : dict of str to int
            Number of files for which a metric is not defined, where there are any.
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
    check_number(caller, "n_jobs", n_jobs, int, min_val=1)
    records = [get_metric(metric, caller=caller, name="metrics") for metric in metrics or ()]
    if noisy_dir is None and (gains := [m.key for m in records if "noisy" in m.needs]):
        raise ValueError(f"{caller}: metrics={gains!r} need noisy_dir (--noisy).")
    pairs = load_quietly(enhanced_dir, clean_dir, sampling_rate=sampling_rate, match=match)
    rate = pairs.sampling_rate
    files = [Path(name).relative_to(enhanced_dir).as_posix() for name in pairs.filenames]
    noisy, skipped = [None] * len(files), []
    if noisy_dir is not None:
        noisy, skipped = _load_noisy(noisy_dir, clean_dir, files, rate, match)
    without_clean = [
        (path, f"no clean recording in {clean_dir} belongs to it")
        for path in pairs.unmatched
        if Path(path).is_relative_to(enhanced_dir) and not Path(path).is_relative_to(clean_dir)
    ]
    if metrics is None:
        records = [get_metric(key) for key in available_metrics(rate, noisy_dir is not None)]
    keys = [metric.key for metric in records]

    tasks = [(pairs.clean[i], pairs.noisy[i], noisy[i]) for i in range(len(files))]
    rows, noisy_rows = [], []
    for file, scores in zip(files, _score_all(tasks, records, rate, n_jobs, progress), strict=True):
        enhanced_scores, noisy_scores = scores
        rows.append({"file": file, **enhanced_scores})
        if noisy_scores is not None:
            noisy_rows.append({"file": file, **noisy_scores})
    result = Bunch(
        rows=rows,
        noisy_rows=noisy_rows,
        mean=_mean(rows, keys),
        noisy_mean=_mean(noisy_rows, keys) if noisy_rows else {},
        metrics=keys,
        n_undefined={m: n for m in keys if (n := sum(np.isnan(row[m]) for row in rows))},
        sampling_rate=rate,
        skipped=[*pairs.skipped, *without_clean, *skipped],
        unused=[path for path in pairs.unmatched if path not in dict(without_clean)],
    )
    result.table = format_scores(result, records)
    if csv_file is not None:
        write_scores(result, records, csv_file)
    if report is not None:
        _write_report(report, result, files, tasks, clean_dir, enhanced_dir)
    return result


def _load_noisy(noisy_dir, clean_dir, files, sampling_rate, match):
    """Return the noisy waveform of every enhanced file, or None, and what could not be used."""
    pairs = load_quietly(noisy_dir, clean_dir, sampling_rate=sampling_rate, match=match)
    by_name = {
        Path(name).relative_to(noisy_dir).with_suffix("").as_posix(): x
        for name, x in zip(pairs.filenames, pairs.noisy, strict=True)
    }
    noisy = [by_name.get(Path(file).with_suffix("").as_posix()) for file in files]
    missing = [
        (file, f"no usable noisy recording of this name in {noisy_dir}")
        for file, x in zip(files, noisy, strict=True)
        if x is None
    ]
    return noisy, missing


def _score_all(tasks, metrics, sampling_rate, n_jobs, progress):
    pool = Parallel(n_jobs=n_jobs, return_as="generator")
    scores = pool(delayed(_score_one)(*task, metrics, sampling_rate) for task in tasks)
    return progress_bar(scores, total=len(tasks), desc="score", unit="file", show=progress)


def _score_one(clean, enhanced, noisy, metrics, sampling_rate):
    """Return the scores of the enhanced recording, and of the noisy one where there is one."""
    n_times = _shortest([x for x in (clean, enhanced, noisy) if x is not None])
    clean, enhanced = clean[:n_times], enhanced[:n_times]
    noisy = None if noisy is None else noisy[:n_times]
    possible = [metric for metric in metrics if noisy is not None or "noisy" not in metric.needs]

    def score(x):
        return evaluate(clean, x, noisy, sampling_rate=sampling_rate, metrics=possible)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NaN is counted in the end
        undefined = {metric.key: np.nan for metric in metrics}
        return undefined | score(enhanced), None if noisy is None else score(noisy)


def _shortest(waveforms):
    """Length of the shortest: resampling may round lengths apart."""
    return min(map(len, waveforms))


def _mean(rows, keys):
    return {key: mean_of_defined([row[key] for row in rows]) for key in keys}


def _write_report(path, scores, files, tasks, clean_dir, enhanced_dir):
    from skse.report import write_report

    rows = [{"name": "enhanced", "kind": "candidate", **scores.mean}]
    if scores.noisy_rows:
        rows.append({"name": "noisy", "kind": "noisy", **scores.noisy_mean})
    examples = {}
    for i in np.linspace(0, len(files) - 1, min(_N_EXAMPLES, len(files))).astype(int):
        clean, enhanced, noisy = tasks[i]
        named = {"noisy": noisy, "enhanced": enhanced, "clean": clean}
        named = {name: x for name, x in named.items() if x is not None}
        examples[files[i]] = {name: x[: _shortest(named.values())] for name, x in named.items()}
    write_report(
        path,
        title="Scores of enhanced recordings",
        rows=rows,
        examples=examples,
        sampling_rate=scores.sampling_rate,
        settings={
            "clean": str(clean_dir),
            "enhanced": str(enhanced_dir),
            "files": str(len(files)),
            "sampling rate": f"{scores.sampling_rate} Hz",
        },
    )
