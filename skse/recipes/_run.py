"""Run one recipe: prepare, train, score, write down."""

import shutil
import time
from numbers import Integral
from pathlib import Path

import joblib
from sklearn.base import clone
from sklearn.utils import Bunch

from skse.experiments import (
    choose_examples,
    describe,
    describe_machine,
    gather_examples,
    peak_memory_mb,
    read_json,
    start_tensorflow,
    write_audio,
    write_json,
)
from skse.recipes._data import prepare_pairs
from skse.recipes._measure import training_pairs
from skse.recipes._outputs import draw_history, draw_masks, draw_spectrograms
from skse.recipes._registry import check_name, get_recipe
from skse.recipes._scores import score
from skse.utils import check_number, digest, replacing, write_csv
from skse.utils.typing import FilePath

_N_EXAMPLES = 3
_N_DIFFERENCES = 4
_DATA_NEEDED = ("noisy", "clean", "sentence", "speaker", "noise", "snr_db", "sampling_rate")


def run_recipe(
    recipe: str | Bunch,
    data: Bunch,
    *,
    out: FilePath,
    epochs: int | None = None,
    limit: int | None = None,
    random_state: int = 0,
    restart: bool = False,
    report: bool = False,
    progress: bool = True,
) -> Bunch:
    """Train the system of a recipe, score it, and write down what comes out.

    Parameters
    ----------
    recipe : str or :class:`~sklearn.utils.Bunch`
        Name of a recipe, or one of :func:`get_recipe` whose enhancer may have been changed.
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`skse.datasets.fetch_noizeus` and the other loaders.
    out : str or path-like
        Folder for the results; made where it is missing.
    epochs : int or None, default=None
        Passes over the training data. None takes the recipe's.
    limit : int or None, default=None
        Use this many pairs only; see :func:`prepare_pairs`.
    random_state : int, default=0
        Seed of network, split and `limit`.
    restart : bool, default=False
        Whether to forget what `out` holds and train anew.
    report : bool, default=False
        Whether to write ``report.html`` too.
    progress : bool, default=True
        Whether to show a progress bar on stderr.

    Returns
    -------
    results : :class:`~sklearn.utils.Bunch`
        enhancer : SpeechEnhancer
            Fitted.
        rows : list of dict
            Of "noisy", the recipe and its ceiling: mean scores of every noise and SNR, as in
            ``scores.csv``.
        summary : list of dict
            Of each of the three: mean scores of all test files, and `seed_rmse`, the measure
            that the seed watched (root of the summed squared error of the network's
            output over the spectrograms in a batch), as in ``summary.csv``. For "noisy"
            it compares with the target that leaves the noisy speech as it is.
        figures : dict
            ``training_s``, ``total_s``: seconds; ``peak_memory_mb``: of the process since it
            started, in 10^6 bytes.
        files : list of Path
            Files written.

    Raises
    ------
    ValueError
        For an unknown recipe, a parameter out of its range, or data that the recipe's
        protocol cannot split.
    FileExistsError
        Where `out` holds a training with other settings, and `restart` is false.

    Notes
    -----
    After every epoch network and optimizer are kept in ``out/training-state``; after an
    interruption the same call goes on from there, with batches in another order than an
    uninterrupted training would have. Where `out` holds a finished training with the same
    settings, it is scored, not repeated.

    Waveforms are scored at the recipe's sampling rate; PESQ, which is defined at 8 and 16 kHz
    only, at 8 kHz where the recipe has another.

    Examples
    --------
    >>> from skse.datasets import load_harvard
    >>> from skse.recipes import run_recipe
    >>> results = run_recipe(
    ...     "seed-04", load_harvard(), out="seed-04", epochs=1, limit=8)  # doctest: +SKIP
    """
    if isinstance(recipe, str):
        check_name("run_recipe", recipe)
        start_tensorflow()
        recipe = get_recipe(recipe)
    enhancer = clone(recipe.enhancer)
    check_number("run_recipe", "random_state", random_state, Integral, min_val=0)
    enhancer.set_params(regressor__random_state=random_state)
    if epochs is not None:
        check_number("run_recipe", "epochs", epochs, Integral, min_val=1)
        enhancer.set_params(regressor__epochs=epochs)
    missing = [name for name in _DATA_NEEDED if name not in data]
    if missing:
        raise ValueError(
            f"run_recipe: data has no {', '.join(missing)}; expected a Bunch as of "
            "skse.datasets.load_harvard."
        )
    begin = time.perf_counter()
    hop_length = enhancer.featurizer.hop_length
    n_times = min(recipe.protocol.n_times, (enhancer.segment_frames - 1) * hop_length)
    train, test = prepare_pairs(
        data,
        Bunch(**{**recipe.protocol, "n_times": n_times}),
        hop_length=hop_length,
        limit=limit,
        random_state=random_state,
    )
    settings = {
        "recipe": recipe.name,
        "summary": recipe.summary,
        "split": recipe.protocol.split,
        "random_state": int(random_state),
        "n_train": len(train.noisy),
        "n_test": len(test.noisy),
        "n_times": len(test.noisy[0]),
        "data": digest(train.noisy, train.clean, test.noisy, test.clean)[:16],
        "parameters": {k: v for k, v in describe(enhancer).items() if k != "class"},
    }
    out = Path(out)
    fitted, figures, seconds_before = _train(
        enhancer, train, test, out, settings, restart, progress
    )
    rows, summary, enhanced = score(
        fitted, test, name=recipe.name, batch_size=enhancer.regressor.batch_size
    )
    indices = choose_examples(test.snr_db, _N_EXAMPLES)
    examples = gather_examples(test, indices, {"enhanced": enhanced})
    files = _write(fitted, rows, summary, examples, out)
    if figures["total_s"] is None:
        seconds = seconds_before + time.perf_counter() - begin
        figures |= {"total_s": seconds, "peak_memory_mb": peak_memory_mb()}
        _note(out, settings, figures)
    if report:
        from skse.report import write_report

        shown = {**settings, **settings["parameters"], **figures}
        files.append(
            write_report(
                out / "report.html",
                title=f"{recipe.name}: {recipe.summary}",
                rows=rows,
                examples=examples,
                sampling_rate=test.sampling_rate,
                settings={k: str(value) for k, value in shown.items() if k != "parameters"},
            )
        )
    return Bunch(enhancer=fitted, rows=rows, summary=summary, figures=figures, files=files)


def _train(enhancer, train, test, out, settings, restart, progress):
    """Fit the enhancer, or find it on disk.

    Returns
    -------
    enhancer : SpeechEnhancer
        Fitted.
    figures : dict
        As they are in settings.json.
    seconds_before : float
        How long earlier calls trained.
    """
    model, backup, history = out / "enhancer.joblib", out / "training-state", out / "history.csv"
    path = out / "settings.json"
    if restart:
        shutil.rmtree(backup, ignore_errors=True)
        for file in (model, history, path):
            file.unlink(missing_ok=True)
    if not (backup / "training_metadata.json").exists():  # interrupted in its first backup
        shutil.rmtree(backup, ignore_errors=True)
    before = read_json(path)
    if (model.exists() or backup.exists()) and before.get("settings") != settings:
        differences = _differences(before.get("settings", {}), settings)
        raise FileExistsError(
            f"{out} holds a training with other settings ({differences}). Choose another folder, "
            "or restart to train anew in this one."
        )
    start_tensorflow()
    from skse.recipes._training import TrainingLog, read_history
    from skse.recipes._training import train as fit

    if model.exists():
        return joblib.load(model), before["figures"], before["figures"]["training_s"]
    out.mkdir(parents=True, exist_ok=True)
    figures = {"training_s": None, "total_s": None, "peak_memory_mb": None}
    _note(out, settings, figures)
    if not backup.exists():
        history.unlink(missing_ok=True)
    seconds_before = sum(row["seconds"] for row in read_history(history))
    # What is watched goes the way of what is trained on.
    chain = enhancer.make_chain().fit(*training_pairs(enhancer, train))
    environments = enhancer.environments_of(test.noisy, chain=chain)
    rows, targets, _ = chain.rows(*training_pairs(enhancer, test), environments=environments)
    log = TrainingLog(rows, targets, enhancer.regressor.batch_size, history, progress)
    fit(enhancer, train, log, backup)
    figures["training_s"] = sum(row["seconds"] for row in read_history(history))
    _note(out, settings, figures)
    with replacing(model) as part:
        joblib.dump(enhancer, part)
    shutil.rmtree(backup, ignore_errors=True)
    return enhancer, figures, seconds_before


def _note(out, settings, figures):
    content = {"settings": settings, "versions": describe_machine(), "figures": figures}
    write_json(out / "settings.json", content)


def _write(enhancer, rows, summary, examples, out):
    files = [out / name for name in ("enhancer.joblib", "settings.json", "history.csv")]
    files += [out / name for name in ("scores.csv", "summary.csv", "history.png")]
    write_csv(rows, out / "scores.csv")
    write_csv(summary, out / "summary.csv")
    draw_history(enhancer.regressor_, out / "history.png")
    files.append(out / "spectrograms.png")
    draw_spectrograms(examples, enhancer.featurizer, enhancer.sampling_rate, files[-1])
    if enhancer.target.output_range == (0, 1):
        files.append(out / "masks.png")
        draw_masks(enhancer, examples, files[-1])
    return files + write_audio(examples, enhancer.sampling_rate, out / "audio")


def _differences(before, settings):
    """Name what differs, such as 'regressor__epochs 60, not 1'."""
    old, new = ({**x, **x.get("parameters", {})} for x in (before, settings))
    differing = [
        name
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name) and name not in ("data", "parameters")
    ]
    listed = [f"{name} {old.get(name)}, not {new.get(name)}" for name in differing]
    return "; ".join(listed[:_N_DIFFERENCES]) or "other data"
