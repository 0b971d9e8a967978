"""compare: every candidate, baseline and ceiling on the same folds, resumable."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from itertools import chain
from numbers import Integral
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.utils import Bunch
from sklearn.utils.parallel import Parallel, delayed

from skse.comparison._candidates import BASELINES, make_candidates
from skse.comparison._fits import make_folds, plan_fits
from skse.comparison._on_cluster import cluster_fit, compute_on_cluster, fit_anew
from skse.comparison._outputs import (
    pick_for_audio,
    pick_for_report,
    write_comparison_report,
    write_pictures,
)
from skse.comparison._table import SCORED, make_rows, make_scores, name_with_units
from skse.experiments import (
    Record,
    choose_examples,
    describe,
    gather_examples,
    read_json,
    share_cores,
    start_tensorflow,
    write_audio,
    write_json,
)
from skse.metrics import available_metrics
from skse.targets import BaseTarget
from skse.utils import (
    check_choice,
    check_number,
    check_waveform_pairs,
    default_jobs,
    digest,
    open_cluster,
    progress_bar,
    replacing,
    write_csv,
)
from skse.utils.typing import FilePath

_N_EXAMPLES = 3


def compare(
    data: Bunch,
    *,
    networks: Sequence[str] | Mapping[str, Any] = ("autoencoder", "unet"),
    targets: Sequence[str] | Mapping[str, str | BaseTarget] = ("log", "ibm", "irm", "waveform"),
    losses: Sequence[str] | Mapping[str, str | Callable[..., Any]] = ("mse", "bce", "snr"),
    baselines: Sequence[str] | Mapping[str, Any] = tuple(BASELINES),
    epochs: int = 2,
    n_splits: int = 3,
    group_by: str = "sentence",
    n_jobs: int = 1,
    scheduler: str | None = None,
    random_state: int = 0,
    out: FilePath = "skse-compare",
    restart: bool = False,
    report: FilePath | None = None,
    progress: bool = True,
) -> Bunch:
    """Compare networks, targets and losses on the same folds, and write down what comes out.

    Every combination of network, target and loss is cross-validated (a loss only where it can
    compare what the target gives, and of waveforms those made for them alone); the classical
    baselines and each target's ceiling run on the same folds.

    Parameters
    ----------
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`skse.datasets.load_harvard` and the other loaders.
    networks : sequence of str or dict of str to estimator, default=("autoencoder", "unet")
        Keys of ``skse.networks.NETWORKS``, in small sizes; or by the name to be written in the
        table any regressor that :class:`~skse.SpeechEnhancer` takes (or one of those keys).
    targets : sequence of str or dict of str to BaseTarget, \
            default=("log", "ibm", "irm", "waveform")
        Keys of :data:`skse.targets.TARGETS`: "log", "magnitude", "power", "compressed", "real"
        and "complex" map to the clean spectrum (:class:`~skse.SpectrumTarget`); "ibm", "tbm",
        "irm", "smm", "psm" and "cirm" are masks (:class:`~skse.IdealMaskTarget`); "waveform" is
        a mask inside the network, judged by the waveform (:class:`~skse.WaveformTarget`); or
        targets of your own by name. Networks see the log spectrum, but the real part for
        "real", both parts for "complex" and "cirm", which depend on the phase; and beside it
        every unit's power over that of the noise, and its a priori SNR
        (``STFTFeaturizer(noise_channels=...)``).
    losses : sequence of str or dict of str to callable, \
            default=("mse", "bce", "snr")
        Keys of ``skse.networks.LOSSES``, "bce" for the binary cross-entropy; or by name
        whatever a network takes as its `loss`.
    baselines : sequence of str or dict of str to estimator
        Of "spectral-subtraction", "wiener" and "log-mmse", by default all three; or classical
        enhancers of your own by name. The noisy speech is always compared.
    epochs : int, default=2
        Passes over the training data of every network that has this parameter.
    n_splits : int, default=3
        Folds.
    group_by : {"sentence", "speaker"}, default="sentence"
        What is kept together: no test fold holds a sentence (or a speaker) that was
        trained on. In the corpora of skse every sentence has one speaker, so that
        "speaker" holds out both.
    n_jobs : int, default=1
        Processes. With more than one, each uses its share of the cores. With one, STOI and
        PESQ of some minutes of speech and more are computed in as many processes as there are
        cores (``OMP_NUM_THREADS`` at most, where set).
    scheduler : str, default=None
        Address of the scheduler of a Dask cluster, such as "tcp://10.0.0.1:8786": its workers
        compute in place of `n_jobs` processes here. The data are sent to them (of handles, the
        files must be at the same paths there); `out` is written here.
    random_state : int, default=0
        Seed of every network that has this parameter.
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
        For a parameter out of its range, parts that do not fit together, or data with fewer
        groups than folds: before any training.
    SchedulerError
        Where the cluster cannot be used, or distributed is not installed
        (``python -m pip install "skse[dask]"``): before any training; or `midway` where it is
        lost then; the fits that are finished are kept.

    Notes
    -----
    Every fit leaves a record in ``out/records`` as soon as it is scored, under a name that
    depends on the estimator with all of its parameters (and its code, where it is your own),
    its training and test data, the metrics and the versions of skse and of what it stands on.
    A later call takes it from there: an interrupted comparison goes on where it stopped, and
    one with another network added trains only that.

    ``results.csv`` has one row a candidate, baseline and ceiling, ``scores.csv`` one for
    every noise and SNR of each; ``best.joblib`` is the best candidate, fitted on all pairs.
    """
    _check(epochs=epochs, n_splits=n_splits, n_jobs=n_jobs, random_state=random_state)
    if scheduler is not None and n_jobs > 1:
        raise ValueError("compare: n_jobs and scheduler exclude each other; leave one out.")
    candidates = make_candidates(
        networks,
        targets,
        losses,
        baselines,
        sampling_rate=data.sampling_rate,
        epochs=epochs,
        random_state=random_state,
    )
    noisy, clean = map(list, check_waveform_pairs(data.noisy, data.clean, names=("noisy", "clean")))
    examples = choose_examples(data.snr_db, _N_EXAMPLES)
    folds = make_folds(noisy, clean, _groups(data, group_by, n_splits), n_splits, examples)
    out = Path(out)
    records = out / "records"
    if restart:
        shutil.rmtree(records, ignore_errors=True)
    records.mkdir(parents=True, exist_ok=True)
    available = available_metrics(data.sampling_rate)
    metrics = [name for name in SCORED if name in available]
    scoring = {"sampling_rate": data.sampling_rate, "metrics": metrics}
    fits = plan_fits(candidates, folds, records, **scoring)
    missing = [fit for fit in chain(*fits) if not fit.record.path.exists()]
    if n_jobs == 1 and not scheduler and any(fit.trains_a_network for fit in missing):
        start_tensorflow()  # what it says would tear the bar
    n_fits = len(candidates) * n_splits
    counts = {"total": n_fits + 1, "initial": n_fits - len(missing), "unit": "fit"}
    with ExitStack() as stack:
        cluster = stack.enter_context(open_cluster(scheduler) if scheduler else nullcontext())
        bar = stack.enter_context(progress_bar(desc="skse compare", show=progress, **counts))
        if cluster is None:
            _compute(missing, scoring, n_jobs, bar)
        else:
            compute_on_cluster(missing, scoring, cluster, bar)
        results = {own[0].candidate.name: [fit.read() for fit in own] for own in fits}
        rows = make_rows(candidates, results)
        write_csv(rows, out / "results.csv")
        places = np.concatenate([fold.places for fold in folds])
        conditions = (np.asarray(data[name])[places] for name in ("noise", "snr_db"))
        scores = make_scores(rows, results, *conditions)
        write_csv([name_with_units(row) for row in scores], out / "scores.csv")
        best = next(row["name"] for row in rows if row["kind"] == "candidate")
        bar.set_postfix_str(f"fitting the best, {best}, on all pairs")
        winner = next(c for c in candidates if c.name == best)
        _fit_best(winner, noisy, clean, out, fit_anew if cluster is None else cluster_fit(cluster))
        bar.update()

    settings = {
        "Networks": ", ".join(networks),
        "Targets": ", ".join(targets),
        "Losses": ", ".join(losses),
        "Epochs": epochs,
        "Folds": f"{n_splits}, no {group_by} both trained on and tested on",
        "Random seed": random_state,
    }
    files = [out / "results.csv", out / "scores.csv", out / "best.joblib"]
    files += _show(rows, scores, results, data, examples, out, report, settings)
    return Bunch(rows=rows, scores=scores, best=best, files=files)


def _check(**numbers):
    smallest = {"epochs": 1, "n_splits": 2, "n_jobs": 1, "random_state": 0}
    for name, value in numbers.items():
        check_number("compare", name, value, Integral, min_val=smallest[name])


def _groups(data, group_by, n_splits):
    """Return the group of every pair; there are enough of them."""
    check_choice("compare", "group_by", group_by, ("sentence", "speaker"))
    groups = data[group_by]
    if len(np.unique(groups)) < n_splits:
        raise ValueError(
            f"compare: n_splits={n_splits} folds need as many groups, but data has "
            f"{len(np.unique(groups))} different {group_by}s. Ask for fewer folds, use more data"
            + (", or group_by='sentence'." if group_by == "speaker" else ".")
        )
    return groups


def _compute(fits, scoring, n_jobs, bar):
    """Compute fits side by side, and show each on the bar as it ends.

    One after the other, each is scored in as many processes as there are cores.
    """
    if n_jobs == 1:
        n_times = sum(len(x) for fit in fits for x in fit.fold.test[0])
        scoring = scoring | {"n_jobs": default_jobs(n_times / scoring["sampling_rate"])}
    with share_cores(n_jobs):
        pool = Parallel(n_jobs=n_jobs, pre_dispatch="n_jobs", return_as="generator_unordered")
        for name, gain_db in pool(delayed(fit.compute)(**scoring) for fit in fits):
            bar.set_postfix_str(f"last: {name} {gain_db:+.1f} dB", refresh=False)
            bar.update()


def _fit_best(winner, noisy, clean, out, fit):
    """Write best.joblib, unless it is there already."""
    model, note = out / "best.joblib", out / "records" / "best.json"
    key = Record(out, estimator=describe(winner.estimator), train=digest(noisy, clean)).key
    if model.exists() and read_json(note) == {"key": key}:
        return
    note.unlink(missing_ok=True)
    with replacing(model) as part:
        joblib.dump(fit(winner.estimator, noisy, clean), part)
    write_json(note, {"key": key})


def _show(rows, scores, results, data, examples, out, report, settings):
    """Write what there is to look at and to listen to; return the files."""

    def gather(names):
        enhanced = {name: dict(chain(*(x.items() for *_, x in results[name]))) for name in names}
        return gather_examples(data, examples, enhanced)

    heard = gather(pick_for_audio(rows))
    files = write_pictures(rows, heard, data.sampling_rate, out)
    files += write_audio(heard, data.sampling_rate, out / "audio")
    if report is not None:
        shown = gather(pick_for_report(rows))
        files.append(write_comparison_report(report, rows, scores, shown, data, settings))
    return files
