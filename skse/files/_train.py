"""train_from_folders: pairs of recordings in, a model file out."""

import time
from numbers import Integral, Real
from pathlib import Path

from sklearn.utils import Bunch

from skse.enhancement import SpeechEnhancer
from skse.features import STFTFeaturizer
from skse.files._enhance import frame_length
from skse.files._model_io import check_suffix, save_model
from skse.files._quiet import load_quietly
from skse.networks import AutoencoderRegressor, UNetRegressor, load_tensorflow
from skse.targets import TARGETS
from skse.utils import check_choice, check_number, progress_bar

# Network -> class, its parameters and those of the enhancer. The autoencoder's bottleneck holds
# one segment: a short one makes it small.
NETWORKS = {
    "unet": (UNetRegressor, {}, {}),
    "autoencoder": (AutoencoderRegressor, {"batch_size": 64}, {"segment_frames": 8}),
}
LOSSES = {"mse": "mse", "mae": "mae", "bce": "binary_crossentropy"}


def train_from_folders(
    noisy_dir,
    clean_dir,
    out,
    *,
    network="unet",
    target="irm",
    loss="mse",
    epochs=30,
    sampling_rate=None,
    match="stem",
    validation_fraction=0.1,
    patience=5,
    remix=False,
    random_state=0,
    force=False,
    progress=False,
):
    r"""Train an enhancer on pairs of recordings and save it.

    Parameters
    ----------
    noisy_dir, clean_dir : str or path-like
        Folders of recordings, as for :func:`~skse.datasets.load_pairs`.
    out : str or path-like
        Model file to write: ``.skse``, which runs no code when it is loaded, or ``.joblib``.
    network : {"unet", "autoencoder"}, default="unet"
        Network.
    target : str, default="irm"
        What the network learns, a key of :data:`skse.targets.TARGETS`: a mask ("irm", "ibm",
        "tbm", "smm", "psm" or "cirm", see :class:`~skse.IdealMaskTarget`) or the clean
        spectrum ("log", "magnitude", "power", "compressed", "real" or "complex", see
        :class:`~skse.SpectrumTarget`). It sees the log spectrum, but the real part for
        "real", both parts for "complex" and "cirm", which depend on the phase.
    loss : {"mse", "mae", "bce"}, default="mse"
        Mean squared or absolute error, or binary cross-entropy (for masks other than "cirm").
    epochs : int, default=30
        Passes over the training data at most.
    sampling_rate : int, default=None
        Rate of the model in Hz; recordings of another are resampled. With None all must have
        the rate of the first. Frames are 32 ms long at any rate.
    match : str, re.Pattern, mapping or callable, default="stem"
        Which clean file belongs to a noisy one, as for :func:`~skse.datasets.load_pairs`.
    validation_fraction : float, default=0.1
        Part of the clean recordings that is held out: training stops when the loss on them no
        longer improves, and the best epoch is kept. 0 trains on all for all epochs.
    patience : int, default=5
        Epochs without improvement before training stops.
    remix : bool, default=False
        Train on the speech and the noise of the pairs mixed anew in every epoch, as
        :class:`~skse.SpeechEnhancer` does with ``remix=True``.
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

    Raises
    ------
    ValueError
        For a wrong argument, for folders without a pair, and where `out` exists: before any
        training.
    OSError
        Where `out` cannot be written.

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
    caller = "train_from_folders"
    for name, value, allowed in (
        ("network", network, NETWORKS),
        ("target", target, TARGETS),
        ("loss", loss, LOSSES),
    ):
        check_choice(caller, name, value, allowed)
    check_number(caller, "epochs", epochs, Integral, min_val=1)
    check_number(caller, "patience", patience, Integral, min_val=1)
    check_number(caller, "random_state", random_state, Integral, min_val=0)
    bounds = {"min_val": 0, "max_val": 1, "include_boundaries": "left"}
    check_number(caller, "validation_fraction", validation_fraction, Real, **bounds)
    out = Path(out)
    check_suffix(out)
    if out.exists() and not force:
        raise ValueError(f"{caller}: {out} exists; pass force=True (--force) to overwrite it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    pairs = load_quietly(noisy_dir, clean_dir, sampling_rate=sampling_rate, match=match)
    n_clean = len(set(pairs.sentence))
    if validation_fraction and n_clean < 2:
        raise ValueError(
            f"{caller}: validation_fraction={validation_fraction} holds out clean recordings, but "
            f"there is only {n_clean}; use 0 (--validation 0) or record more."
        )
    kind, regressor_parameters, parameters = NETWORKS[network]
    regressor = kind(
        loss=LOSSES[loss],
        epochs=epochs,
        early_stopping=validation_fraction > 0,
        validation_fraction=validation_fraction or 0.1,
        n_iter_no_change=patience,
        random_state=random_state,
        **regressor_parameters,
    )
    n_fft = frame_length(pairs.sampling_rate)
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=n_fft, hop_length=n_fft // 2, scale=TARGETS[target].features),
        TARGETS[target].make(),
        regressor,
        sampling_rate=pairs.sampling_rate,
        remix=remix,
        **parameters,
    )
    begin = time.perf_counter()
    _fit(enhancer, pairs, epochs, progress)
    fit_time = time.perf_counter() - begin
    card = {"training_data": f"{len(pairs.noisy)} pairs of {noisy_dir} and {clean_dir}"}
    save_model(enhancer, out, card)
    return Bunch(
        enhancer=enhancer,
        n_pairs=len(pairs.noisy),
        n_clean=n_clean,
        seconds=sum(map(len, pairs.noisy)) / pairs.sampling_rate,
        sampling_rate=pairs.sampling_rate,
        history=enhancer.regressor_.history_,
        fit_time=fit_time,
        skipped=pairs.skipped,
        unmatched=pairs.unmatched,
    )


def _fit(enhancer, pairs, epochs, progress):
    if not progress:
        enhancer.fit(pairs.noisy, pairs.clean)
        return
    load_tensorflow(start=True)  # what it says would tear the bar
    with progress_bar(total=epochs, desc="train", unit="epoch") as bar:
        enhancer.set_params(regressor__callbacks=[_make_callback(bar)])
        try:
            enhancer.fit(pairs.noisy, pairs.clean)
        finally:
            enhancer.set_params(regressor__callbacks=None)
        enhancer.regressor_.set_params(callbacks=None)


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
