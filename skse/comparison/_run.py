"""compare: every candidate, baseline and ceiling on the same folds, in a resumable search."""

import json
import os
import shutil
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, ParameterGrid
from sklearn.utils import Bunch

from skse.comparison._candidates import describe, make_grid
from skse.comparison._examples import (
    choose_examples,
    gather_examples,
    pick_for_audio,
    pick_for_report,
)
from skse.comparison._outputs import write_audio, write_comparison_report, write_pictures
from skse.comparison._progress import RecordsBar
from skse.comparison._records import RecordedEstimator, load_tensorflow_for, score_recorded
from skse.comparison._table import (
    LABELS,
    SCORED,
    make_condition_rows,
    make_rows,
    name_with_units,
)
from skse.metrics import available_metrics
from skse.utils import (
    check_choice,
    check_number,
    check_waveform_pairs,
    digest,
    replacing,
    write_csv,
    write_whole,
)

_N_EXAMPLES = 3
_THREAD_VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def compare(
    data,
    *,
    networks=("autoencoder", "unet"),
    targets=("log", "ibm", "irm"),
    losses=("mse", "bce"),
    epochs=2,
    n_splits=3,
    group_by="sentence",
    n_jobs=1,
    random_state=0,
    out="skse-compare",
    restart=False,
    report=None,
    progress=True,
):
    """Compare networks, targets and losses on the same folds, and write down what comes out.

    One :class:`~sklearn.model_selection.GridSearchCV` fits every combination of network,
    target and loss (cross-entropy only where the target lies in [0, 1]); the classical
    baselines and each target's ceiling run on the same folds.

    Parameters
    ----------
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`skse.datasets.load_harvard` and the other loaders.
    networks : sequence of {"autoencoder", "unet"}, default=("autoencoder", "unet")
        Networks, with the sizes that are their defaults.
    targets : sequence of str, default=("log", "ibm", "irm")
        Keys of :data:`skse.targets.TARGETS`: "log", "magnitude", "power", "compressed",
        "real" and "complex" map to the clean spectrum (:class:`~skse.SpectrumTarget`); "ibm",
        "tbm", "irm", "smm", "psm" and "cirm" are masks (:class:`~skse.IdealMaskTarget`).
        Networks see the log spectrum, but the real part for "real", both parts for "complex"
        and "cirm", which depend on the phase.
    losses : sequence of {"mse", "bce"}, default=("mse", "bce")
        Mean squared error, binary cross-entropy.
    epochs : int, default=2
        Passes over the training data of every network.
    n_splits : int, default=3
        Folds.
    group_by : {"sentence", "speaker"}, default="sentence"
        What is kept together: no test fold holds a sentence (or a speaker) that was
        trained on. In the corpora of skse every sentence has one speaker, so that
        "speaker" holds out both.
    n_jobs : int, default=1
        Processes. With more than one, each uses its share of the cores.
    random_state : int, default=0
        Seed of every network.
    out : str or path-like, default="skse-compare"
        Folder for the results; made where it is missing.
    restart : bool, default=False
        Whether to forget the fits recorded in `out` and start anew.
    report : str or path-like or None, default=None
        HTML page to write with :func:`skse.report.write_report`; None writes none.
    progress : bool, default=True
        Whether to show a progress bar on stderr.

    Returns
    -------
    results : :class:`~sklearn.utils.Bunch`
        rows : list of dict
            As in ``results.csv``, best SNR gain first; see :func:`format_table`.
        scores : list of dict
            As in ``scores.csv``: one row a candidate, noise and SNR.
        best : str
            Name of the best candidate.
        files : list of Path
            Files written.

    Raises
    ------
    ValueError
        For a parameter out of its range, or data with fewer groups than folds.

    Notes
    -----
    Every fit leaves a record in ``out/records`` as soon as it is scored, under a name that
    depends on the estimator, its parameters and its training data. A later call takes it
    from there: an interrupted comparison goes on where it stopped, and one with another
    network added trains only that.

    ``results.csv`` has one row a candidate, baseline and ceiling, ``scores.csv`` one for
    every noise and SNR of each; ``best.joblib`` is the best candidate, fitted on all pairs.
    """
    check_number("compare", "epochs", epochs, Integral, min_val=1)
    check_number("compare", "n_splits", n_splits, Integral, min_val=2)
    check_number("compare", "n_jobs", n_jobs, Integral, min_val=1)
    check_number("compare", "random_state", random_state, Integral, min_val=0)
    check_choice("compare", "group_by", group_by, ("sentence", "speaker"))
    grid = make_grid(
        networks,
        targets,
        losses,
        sampling_rate=data.sampling_rate,
        epochs=epochs,
        random_state=random_state,
    )
    noisy, clean = map(list, check_waveform_pairs(data.noisy, data.clean, names=("noisy", "clean")))
    groups = data[group_by]
    if len(np.unique(groups)) < n_splits:
        raise ValueError(
            f"compare: n_splits={n_splits} folds need as many groups, but data has "
            f"{len(np.unique(groups))} different {group_by}s. Ask for fewer folds, use more data"
            + (", or group_by='sentence'." if group_by == "speaker" else ".")
        )
    folds = list(GroupKFold(n_splits).split(noisy, clean, groups))
    examples = choose_examples(noisy, data.snr_db, _N_EXAMPLES)

    out = Path(out)
    records = out / "records"
    if restart:
        shutil.rmtree(records, ignore_errors=True)
    records.mkdir(parents=True, exist_ok=True)
    recorded = RecordedEstimator(
        folder=str(records),
        sampling_rate=data.sampling_rate,
        metrics=tuple(key for key in SCORED if key in available_metrics(data.sampling_rate)),
        examples=tuple(digest([noisy[i]]) for i in examples),
    )
    candidates = [
        clone(recorded).set_params(**{k: clone(v, safe=False) for k, v in parameters.items()})
        for parameters in ParameterGrid(grid)
    ]
    labels = [describe(candidate.estimator) for candidate in candidates]
    digests = [digest(*_take(train, noisy, clean)) for train, _ in folds]
    expected = {
        candidate.record_for(d): label["name"]
        for candidate, label in zip(candidates, labels, strict=True)
        for d in digests
    }
    for candidate in candidates if n_jobs == 1 else ():
        if not all(candidate.record_for(d).path.exists() for d in digests):
            load_tensorflow_for(candidate.estimator)  # what it says would tear the bar
    with RecordsBar(expected, n_more=1, disable=not progress) as bar:
        search = GridSearchCV(
            recorded,
            grid,
            scoring=score_recorded,
            refit=False,
            cv=folds,
            n_jobs=n_jobs,
            pre_dispatch="n_jobs",
            error_score="raise",
        )
        with _share_of_cores(n_jobs):
            search.fit(noisy, clean)
        bar.finish_records()
        rows = make_rows(labels, search.cv_results_, n_splits)
        write_csv(rows, out / "results.csv")
        scores = _score_conditions(rows, candidates, labels, digests, folds, data)
        write_csv([name_with_units(row) for row in scores], out / "scores.csv")
        best = next(row for row in rows if row["kind"] == "candidate")
        bar.say(f"fitting the best, {best['name']}, on all pairs")
        winner = candidates[labels.index({name: best[name] for name in labels[0]})]
        _fit_best(winner, noisy, clean, out)
        bar.advance()

    enhanced = {
        label["name"]: _read_examples(candidate, digests)
        for candidate, label in zip(candidates, labels, strict=True)
    }
    heard = gather_examples(pick_for_audio(rows), enhanced, data, examples, recorded.examples)
    files = [out / "results.csv", out / "scores.csv", out / "best.joblib"]
    files += write_pictures(rows, heard, data.sampling_rate, out)
    files += write_audio(heard, data.sampling_rate, out / "audio")
    if report is not None:
        shown = gather_examples(pick_for_report(rows), enhanced, data, examples, recorded.examples)
        settings = {
            "Networks": ", ".join(networks),
            "Targets": ", ".join(targets),
            "Losses": ", ".join(losses),
            "Epochs": epochs,
            "Folds": f"{n_splits}, no {group_by} both trained on and tested on",
            "Random seed": random_state,
        }
        files.append(write_comparison_report(report, rows, scores, shown, data, settings))
    return Bunch(rows=rows, scores=scores, best=best["name"], files=files)


def _take(indices, *lists):
    return [[waveforms[i] for i in indices] for waveforms in lists]


@contextmanager
def _share_of_cores(n_jobs):
    """Have every process that starts inside compute with its share of the cores."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    if n_jobs > 1:
        share = str(max(1, joblib.cpu_count() // n_jobs))
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, share))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _fit_best(winner, noisy, clean, out):
    """Write best.joblib, unless it is there already."""
    model, note = out / "best.joblib", out / "records" / "best.json"
    key = winner.record_for(digest(noisy, clean)).path.stem
    if model.exists() and note.exists() and json.loads(note.read_text())["key"] == key:
        return
    note.unlink(missing_ok=True)
    load_tensorflow_for(winner.estimator)
    with replacing(model) as part:
        joblib.dump(clone(winner.estimator).fit(noisy, clean), part)
    write_whole(note, json.dumps({"key": key}))


def _score_conditions(rows, candidates, labels, digests, folds, data):
    """Rows of scores.csv, the candidates in the order of `rows`."""
    tested = np.concatenate([test for _, test in folds])
    utterances = {}
    for candidate, label in zip(candidates, labels, strict=True):
        parts = [candidate.record_for(d).read_utterances() for d in digests]
        utterances[label["name"]] = {
            metric: np.concatenate([part[metric] for part in parts]) for metric in parts[0]
        }
    return make_condition_rows(
        [{name: row[name] for name in LABELS} for row in rows],
        [utterances[row["name"]] for row in rows],
        np.asarray(data.noise)[tested],
        np.asarray(data.snr_db, dtype=float)[tested],
    )


def _read_examples(candidate, digests):
    examples = {}
    for d in digests:
        examples |= candidate.record_for(d).read_examples()
    return examples
