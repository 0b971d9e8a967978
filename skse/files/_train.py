"""train_from_folders: pairs of recordings in, a model file out."""

import copy
import math
import time
import warnings
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from skse.enhancement import SpeechEnhancer, groups_of
from skse.experiments import configured, find_part, make_system
from skse.files._choice import frame_length
from skse.files._model_io import check_suffix, load_model, save_model
from skse.files._quiet import load_quietly
from skse.files._rescue import check_folder, save_or_keep
from skse.models import find_model
from skse.networks import BaseNetworkRegressor, check_keras, compares, load_tensorflow
from skse.persistence import read_card
from skse.targets import BaseTarget
from skse.utils import check_number, check_waveforms, progress_bar
from skse.utils.typing import FilePath, Match

_CALLER = "train_from_folders"
# How a network is trained further: it knows a lot, and few recordings must not undo that.
_FINE = {"learning_rate": 5e-4, "learning_rate_schedule": "cosine"}


def train_from_folders(
    noisy_dir: FilePath,
    clean_dir: FilePath,
    out: FilePath,
    *,
    network: Any = None,
    target: str | BaseTarget | None = None,
    loss: Any = None,
    epochs: int = 30,
    sampling_rate: int | None = None,
    match: Match = "stem",
    clean_name: str | None = None,
    align: bool = False,
    ignore_others: bool = False,
    validation_fraction: float = 0.1,
    patience: int = 5,
    remix: str | bool = "auto",
    start_from: FilePath | None = None,
    random_state: int = 0,
    force: bool = False,
    progress: bool = False,
) -> Bunch:
    r"""Train an enhancer on pairs of recordings and save it; or train a model further.

    Parameters
    ----------
    noisy_dir, clean_dir : str or path-like
        Folders of recordings, as for :func:`~skse.datasets.load_pairs`. Every channel is learnt
        from. They are read when they are needed, and need not fit into memory.
    out : str or path-like
        Model file to write: ``.skse``, which runs no code when it is loaded, or ``.joblib``.
    network : str or estimator or None, default=None
        A key of ``skse.networks.NETWORKS``, "unet", "autoencoder", "densenet", "wideresnet" or
        "noiseembedding" (which takes the environment from the recordings themselves), or any
        regressor that :class:`~skse.SpeechEnhancer` takes. `loss`, `epochs`, `random_state` and
        what else is said here of training are set where it has such
        parameters. None is "unet".
    target : str or BaseTarget or None, default=None
        What the network learns, a key of :data:`skse.targets.TARGETS`: a mask that is judged by
        the waveform it leads to ("waveform", see :class:`~skse.WaveformTarget`), a mask ("irm",
        "ibm", "tbm", "smm", "psm" or "cirm", see :class:`~skse.IdealMaskTarget`) or the clean
        spectrum ("log", "magnitude", "power", "compressed", "real" or "complex", see
        :class:`~skse.SpectrumTarget`); or a target of your own. It sees the log spectrum, but
        the real part for "real", both parts for "complex" and "cirm", which depend on the
        phase. None is "waveform", but "irm" for what is no network and for a `loss` that is not
        made for waveforms.
    loss : str or callable or None, default=None
        A key of ``skse.networks.LOSSES``, such as "mse" or "mae", "bce", the binary
        cross-entropy (for masks other than "cirm"), "snr" or "si_sdr" (for "waveform"); or
        whatever else the network takes. None is "snr" for waveforms and "mse" for the rest.
    epochs : int, default=30
        Passes over the training data at most.
    sampling_rate : int, default=None
        Rate of the model in Hz; recordings of another are resampled. With None the rate that
        most pairs have; others are left out. Frames are 32 ms long at any rate.
    match : str, re.Pattern, mapping or callable, default="stem"
        Which clean file belongs to a noisy one, as for :func:`~skse.datasets.load_pairs`.
    clean_name : str, default=None
        Name of the clean file with the groups of `match`, as there.
    align : bool, default=False
        Whether to take out delays and turned polarity, as there. What was found is told in any
        case.
    ignore_others : bool, default=False
        Whether to say nothing of files that do not have the suffix of a recording.
    validation_fraction : float, default=0.1
        Part of the clean recordings that is held out: training stops when the loss on them no
        longer improves, and the best epoch is kept. 0 trains on all for all epochs.
    patience : int, default=5
        Epochs without improvement before training stops.
    remix : {"auto"} or bool, default="auto"
        Whether to train on the speech and the noise of the pairs mixed anew in every epoch, as
        :class:`~skse.SpeechEnhancer` does.
    start_from : str or path-like, default=None
        A model to train further (fine-tuning): name, path or URL, as for
        :func:`~skse.models.find_model`. What it is made of (`network`, `target`, `loss` and
        `sampling_rate`) stays; `remix` takes the place of its own; its network goes on with
        small steps (a learning rate of 0.0005, falling to 0) and ends with the weights that are
        best for what is held out, those it began with among them. None trains a new one.
    random_state : int, default=0
        Seed. The same seed gives the same model on the same machine.
    force : bool, default=False
        Whether to overwrite `out`.
    progress : bool, default=False
        Whether to show a progress bar.

    Returns
    -------
    training : :class:`~sklearn.utils.Bunch`
        enhancer : SpeechEnhancer
            Fitted; `out` holds it.
        n_pairs, n_clean : int
            Pairs, and different clean recordings among them.
        seconds : float
            Duration of the noisy recordings.
        sampling_rate : int
            Hz.
        history : dict of str to list of float
            Loss of every epoch: "loss" and, with validation, "val_loss".
        fit_time : float
            Seconds.
        skipped, unmatched : list
            Files left out, as :func:`~skse.datasets.load_pairs` lists them.
        remarks : list of str
            A line each about lengths, delays and polarity, where there is something to say.
        cut_short : str
            What ended training before its time, and after how many epochs, such as a recording
            that could be read no longer. "" where nothing did.

    Raises
    ------
    ValueError
        For a wrong argument, for folders without a pair, where `out` exists, and where Keras has
        another backend than TensorFlow: before any training. For a recording that can be read
        no longer, before an epoch is finished; after it, the model of the epochs that are
        finished is saved, see `cut_short`.
    KeyboardInterrupt
        By Ctrl-C. Where an epoch was finished, the model as of then is saved first, and what is
        returned otherwise is `training` of the error.
    OSError
        Where no file can be written beside `out`: before any training.
    NotSavedError
        Where `out` cannot be written after it; what was trained is kept elsewhere.

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from pathlib import Path
    >>> from skse.files import train_from_folders
    >>> rng = np.random.default_rng(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a", "b"):
    ...         clean = 0.3 * np.sin(rng.uniform(0.2, 0.5) * np.arange(8000))
    ...         noisy = clean + 0.1 * rng.standard_normal(8000)
    ...         for kind, x in (("clean", clean), ("noisy", noisy)):
    ...             Path(folder, kind).mkdir(exist_ok=True)
    ...             soundfile.write(f"{folder}/{kind}/{name}.wav", x, 8000)
    ...     training = train_from_folders(
    ...         f"{folder}/noisy", f"{folder}/clean", f"{folder}/model.joblib", epochs=1
    ...     )
    >>> training.n_pairs, training.sampling_rate, len(training.history["loss"])
    (2, 8000, 1)
    """
    out = Path(out)
    _check(out, force, validation_fraction, epochs=epochs, patience=patience, seed=random_state)
    training = {
        "epochs": epochs,
        "early_stopping": validation_fraction > 0,
        "validation_fraction": validation_fraction or 0.1,
        "n_iter_no_change": patience,
        "random_state": random_state,
    }
    enhancer, card = None, {}
    if start_from is None:
        network, target, loss = _find_parts(network, target, loss)
    else:
        chosen = {"network": network, "target": target, "loss": loss}
        enhancer, card = _model_to_refine(start_from, chosen, sampling_rate, validation_fraction)
        network = enhancer.regressor_ if enhancer.regressor is None else enhancer.regressor
        enhancer.set_params(remix=remix, regressor=configured(network, **training, **_FINE))
        sampling_rate = enhancer.sampling_rate_
    n_epochs_before = len(_history(enhancer).get("loss", ()))
    if isinstance(network, BaseNetworkRegressor):
        check_keras(_CALLER)
    check_folder(_CALLER, out)
    pairs = _load(
        noisy_dir,
        clean_dir,
        validation_fraction,
        start_from is not None,
        sampling_rate=sampling_rate,
        match=match,
        clean_name=clean_name,
        align=align,
        ignore_others=ignore_others,
    )
    if enhancer is None:
        training["loss"] = loss
        enhancer = _new_enhancer(network, target, pairs.sampling_rate, training, remix)
    begin = time.perf_counter()
    with warnings.catch_warnings():
        # The remarks say so already.
        warnings.filterwarnings("ignore", message="The noisy waveforms have")
        enhancer, cut_short, interrupt = _fit_or_rescue(enhancer, pairs, epochs, progress)
    fit_time = time.perf_counter() - begin
    card = _add_data(card, f"{len(pairs.noisy)} pairs of {noisy_dir} and {clean_dir}")
    save_or_keep(partial(save_model, enhancer, out, card), enhancer, out)
    history = _history(enhancer, n_epochs_before)
    told = _told(pairs, enhancer=enhancer, history=history, fit_time=fit_time, cut_short=cut_short)
    if interrupt is not None:
        interrupt.training = told
        raise interrupt
    return told


def _told(pairs, **training):
    """Return what a training is said to have been."""
    return Bunch(
        n_pairs=len(pairs.noisy),
        n_clean=len(set(pairs.sentence)),
        seconds=sum(map(len, pairs.noisy)) / pairs.sampling_rate,
        sampling_rate=pairs.sampling_rate,
        skipped=pairs.skipped,
        unmatched=pairs.unmatched,
        remarks=pairs.remarks,
        **training,
    )


def _find_parts(network, target, loss):
    """Return what is to be trained, to be learnt and to be compared, by name or as it is."""
    network = find_part("network", "unet" if network is None else network, caller=_CALLER).value
    if target is None:
        suits = loss is None or compares(find_part("loss", loss, caller=_CALLER).value)
        is_network = "head" in network.get_params(deep=False)
        target = "waveform" if is_network and suits in (True, "waveforms") else "irm"
    target = find_part("target", target, caller=_CALLER).value
    if loss is None:
        loss = "snr" if target.gives_waveforms else "mse"
    return network, target, find_part("loss", loss, caller=_CALLER).value


def _new_enhancer(network, target, sampling_rate, training, remix):
    n_fft = frame_length(sampling_rate)
    return make_system(
        network,
        target,
        training=training,
        stft={"n_fft": n_fft, "hop_length": n_fft // 2},
        sampling_rate=sampling_rate,
        remix=remix,
    )


def _history(enhancer, first_epoch=0):
    """Return the losses from an epoch on; none where nothing is trained or there are none."""
    history = {} if enhancer is None else getattr(enhancer.regressor_, "history_", {})
    # NaN where something was known of the epochs before alone.
    return {
        name: losses[first_epoch:] for name, losses in history.items() if not math.isnan(losses[-1])
    }


def _model_to_refine(model, chosen, sampling_rate, validation_fraction):
    """Load an enhancer whose network can go on, and what its card says of data and licence."""
    others = [name for name, part in chosen.items() if part is not None]
    if others:
        raise ValueError(
            f"{_CALLER}: {others[0]}={chosen[others[0]]!r:.60} cannot be chosen with start_from "
            f"(--from), which goes on with that of {model}; leave out one of the two."
        )
    if not validation_fraction:
        raise ValueError(
            f"{_CALLER}: validation_fraction=0, but start_from (--from) keeps the weights that are "
            "best for what is held out; use a fraction above 0."
        )
    enhancer = copy.deepcopy(load_model(model))  # others may be using the one in memory
    if not isinstance(enhancer, SpeechEnhancer) or not isinstance(
        enhancer.regressor_, BaseNetworkRegressor
    ):
        kind = enhancer.regressor_ if isinstance(enhancer, SpeechEnhancer) else enhancer
        raise ValueError(
            f"{_CALLER}: {model} holds a {type(kind).__name__}, but start_from (--from) goes on "
            "with a network alone; where it has partial_fit, load it and call that."
        )
    own_rate = enhancer.sampling_rate_
    if sampling_rate not in (None, own_rate):
        raise ValueError(
            f"{_CALLER}: sampling_rate={sampling_rate!r}, but {model} is for {own_rate} Hz, to "
            "which all recordings are resampled; leave out sampling_rate (--sampling-rate)."
        )
    path = find_model(model)
    card = {} if path.suffix == ".joblib" else read_card(path)
    return enhancer, {name: card[name] for name in ("training_data", "licence") if name in card}


def _add_data(card, line):
    """Return a card that names further data."""
    before = card.get("training_data", [])
    before = [before] if isinstance(before, str) else list(before)
    return {**card, "training_data": [*before, line] if before else line}


def _check(out, force, validation_fraction, *, epochs, patience, seed):
    check_number(_CALLER, "epochs", epochs, Integral, min_val=1)
    check_number(_CALLER, "patience", patience, Integral, min_val=1)
    check_number(_CALLER, "random_state", seed, Integral, min_val=0)
    bounds = {"min_val": 0, "max_val": 1, "include_boundaries": "left"}
    check_number(_CALLER, "validation_fraction", validation_fraction, Real, **bounds)
    check_suffix(out)
    if out.exists() and not force:
        raise ValueError(f"{_CALLER}: {out} exists; pass force=True (--force) to overwrite it.")


def _load(noisy_dir, clean_dir, validation_fraction, goes_on, **options):
    """Load the pairs, of which there are enough to hold some out."""
    pairs = load_quietly(noisy_dir, clean_dir, lazy=True, **options)
    n_clean = len(set(pairs.sentence))
    if validation_fraction and n_clean < 2:
        remedy = "record more" if goes_on else "use 0 (--validation 0) or record more"
        raise ValueError(
            f"{_CALLER}: validation_fraction={validation_fraction} holds out clean recordings, but "
            f"there is only {n_clean}; {remedy}."
        )
    return pairs


def _fit_or_rescue(enhancer, pairs, epochs, progress):
    """Train; return the enhancer, or it as far as it was, what ended it, and Ctrl-C to pass on."""
    n_before = len(_history(enhancer).get("loss", ())) if hasattr(enhancer, "chain_") else 0
    try:
        _fit(enhancer, pairs, epochs, progress)
    except (Exception, KeyboardInterrupt) as error:
        so_far = getattr(error, "trained", None)
        if so_far is None:
            raise
        interrupt = error if isinstance(error, KeyboardInterrupt) else None
        reason = "interrupted" if interrupt else str(error).rstrip(".")
        n_epochs = len(_history(so_far)["loss"]) - n_before
        return so_far, f"{reason}; training ended after epoch {n_epochs} of {epochs}", interrupt
    return enhancer, "", None


def _fit(enhancer, pairs, epochs, progress):
    # Of whole recordings: parts of unequal lengths, and channels, do not show that they are of one.
    data = (pairs.noisy, pairs.clean, groups_of(check_waveforms(pairs.recording, "recording")))
    # Of one that is fitted already, as a loaded model is, the network goes on.
    fit = enhancer.partial_fit if hasattr(enhancer, "chain_") else enhancer.fit
    if not (progress and isinstance(enhancer.regressor, BaseNetworkRegressor)):
        fit(*data)
        return
    load_tensorflow(start=True)  # what it says would tear the bar
    own = enhancer.regressor.callbacks
    with progress_bar(total=epochs, desc="train", unit="epoch") as bar:
        enhancer.set_params(regressor__callbacks=[*(own or []), _make_callback(bar)])
        try:
            fit(*data)
        except BaseException as error:
            if (so_far := getattr(error, "trained", None)) is not None:
                so_far.regressor_.set_params(callbacks=own)
                bar.set_description("train (ended early, the model is being saved)")
            raise
        finally:
            enhancer.set_params(regressor__callbacks=own)
        enhancer.regressor_.set_params(callbacks=own)


def _make_callback(bar):
    from keras.callbacks import Callback

    class AdvanceBar(Callback):
        """Show every epoch and its losses."""

        def __deepcopy__(self, memo):
            return self  # scikit-learn's clone must leave it the same bar

        def on_epoch_end(self, epoch, logs=None):
            losses = {name: value for name, value in (logs or {}).items() if "loss" in name}
            bar.set_postfix(losses, refresh=False)
            bar.update()

    return AdvanceBar()
