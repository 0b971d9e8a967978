"""The regressor that trains SEGAN against a discriminator."""

import math
from collections.abc import Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skse.networks._acoustics import AcousticFeatures, statistics_of
from skse.networks._base import BaseNetworkRegressor
from skse.networks._parameters import keep_parameters
from skse.networks._rows import in_blocks
from skse.networks._segan import SEGAN, check_segan
from skse.utils import FileArray, check_choice, check_number, check_sampling_rate
from skse.utils.typing import RandomState

# Rows that the acoustic features are standardised by.
_ROWS_LOOKED_AT = 512


class SEGANRegressor(BaseNetworkRegressor):
    r"""Regressor from waveform to waveform, trained against a discriminator.

    A generator of strided convolutions, noise and transposed convolutions makes speech of distorted
    speech. It can give what no mask can: a piece or a band of which nothing is left. A
    discriminator, which is trained beside it and not kept, tells it from clean speech, and
    learns acoustic features of speech to compare them by. Rows are frames of samples, as
    :class:`~skse.features.SamplesFeaturizer` and :class:`~skse.targets.SamplesTarget` give them,
    or one waveform each.

    The loss of the generator :math:`G`, of the distorted :math:`\tilde x` and the clean
    :math:`x`, is a sum of up to four terms:

    .. math::
        w_1 \, |G - x|
        + w_p \, |\Phi(G) - \Phi(x)|
        + w_\delta \, \tfrac12 (\delta(G, \tilde x) - \Theta(x))^2
        + w_D \, \tfrac12 (D(G, \tilde x) - c)^2

    each a mean, with the log power spectrum :math:`\Phi` in dB, the acoustic features
    :math:`\Theta`, their estimate :math:`\delta` by the discriminator, and its score
    :math:`D`. The discriminator minimises

    .. math::
        \tfrac14 (D(x, \tilde x) - b)^2 + \tfrac14 (\delta(x, \tilde x) - \Theta(x))^2
        + \tfrac14 (D(G, \tilde x) - a)^2 + \tfrac14 (D(x, \tilde x') - a)^2

    with :math:`\tilde x'` of another row, and a = -1, b = 1, c = 0.

    Parameters
    ----------
    filters : sequence of int, default=(16, 32, 64, 128)
        Channels of the strided convolutions, of generator and discriminator; the transposed ones
        mirror them. (64, 128, 256, 512, 1024) in [1]_, where the generator has 65 million
        weights.
    kernel_size : int, default=31
        Taps of all of them; at least `stride`.
    stride : int, default=4
        Stride from level to level, at least 2.
    n_noise : int or None, default=None
        Channels of the noise :math:`z`; None takes as many as the last of `filters`, as in [1]_,
        and 0 leaves it out.
    skip : {"concatenate", "add"}, default="concatenate"
        How the levels of the way down, times a learnt factor for each channel, join those
        of the way up. The factors start at 1, and for "add" at 0.
    phase_shift : int, default=5
        Most positions by which the input of each convolution of the discriminator is shifted, at
        random and circularly; 0 leaves it as it is.
    z : {"zero", "drawn"}, default="zero"
        What :math:`z` is in predictions: 0, or noise that is drawn once from `random_state`,
        the same for every row. In training it is drawn anew in every step. :meth:`use_z` changes
        it afterwards.
    sampling_rate : float, default=16000
        Sampling rate of the waveforms in Hz, for the power and the acoustic term.
    l1_weight : float, default=100.0
        :math:`w_1`, on waveforms at full scale. 0 in [1]_; 100 in SEGAN [2]_.
    power_weight : float, default=0.1
        :math:`w_p`, of spectra in dB. 0.001 is the default of the code of [1]_, which has 0.1 for
        the baseline.
    acoustic_weight : float, default=1.0
        :math:`w_\delta`. 1 in [1]_. With 0 the discriminator has no acoustic branch.
    adversarial_weight : float, default=1.0
        :math:`w_D`. 1 in [1]_. With 0 for this and `acoustic_weight` there is no discriminator.
    warm_up_epochs : int, default=5
        Epochs at the start without the acoustic term, here and in the discriminator: the two-step
        training of [1]_ (classify first, regress after).
    standardize : bool, default=True
        Take the largest absolute value of the training rows for full scale, of input and target
        each: the network's tanh reaches it, and no more. False takes 1, as in [1]_: then a
        :class:`~skse.SpeechEnhancer` needs ``normalize_level=False``.
    learning_rate : float, default=0.0001
        Step size of the generator. The optimizer is that of [1]_, Adam with momenta of 0 and 0.9.
    discriminator_learning_rate : float, default=0.0004
        Step size of the discriminator.
    learning_rate_schedule : {"constant", "cosine"}, default="constant"
        "cosine" lowers the step size of the generator to 0 over the epochs.
    batch_size : int, default=16
        Rows in a training step.
    epochs : int, default=30
        Passes over the training rows.
    early_stopping : bool, default=False
        Hold out validation rows (whole groups, see `fit`), stop when the distance of power
        spectra, :math:`|\Phi(G) - \Phi(x)|`, no longer improves on them, and keep the best
        epoch's weights.
    validation_fraction : float, default=0.1
        Part of the groups to hold out.
    n_iter_no_change : int, default=5
        Epochs without improvement before training stops.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called in training.
    warm_start : bool, default=False
        Continue with the weights and the full scale of the last `fit`, and with its
        discriminator, where that is still in memory.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 one line an epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, noise, shifts, batches and validation split. The same seed gives the
        same network on the same machine.

    Attributes
    ----------
    architecture_ : SEGAN
        What was trained.
    regressor_ : scikeras.wrappers.KerasRegressor
        The trained generator; ``regressor_.model_`` is the Keras model. After :func:`skse.load`,
        and until it is trained further, an object in its place that predicts through
        onnxruntime.
    history_ : dict of str to list of float
        Of every epoch, means over its steps: "loss", that of the generator; its terms without
        their weights, as far as they count; and "discriminator". Where rows are held out,
        "val_loss": the distance of power spectra in dB.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Samples of a frame, or of a row that is a waveform.
    feature_names_in_ : ndarray of str
        Column names of a data frame seen in `fit`.

    See Also
    --------
    skse.datasets.distort : What it is there for.
    skse.metrics.silence_spectrum : Shows the tones that such networks leave in silence.

    Notes
    -----
    From the paper [1]_ and its code: the generator, of 5 levels (that of SEGAN+), with PReLU
    and factors on the skips; the discriminator, its spectral norm, its shifts and its acoustic
    branch at a time decimation of 256 (here the deepest level of at most that); both losses, and
    the two steps. The list of acoustic features is the paper's, computed once for each row, not in
    every step. Ours: default sizes; zeros where the paper's generator reflects its input at its
    ends; the share of each head in the channels; fundamental frequencies by autocorrelation
    instead of SWIPE; floors in logarithms; that :math:`\tilde x'` is the distorted speech of the
    next row of the batch; that segments of a recording are cross-faded, where the paper has one
    pass over all of it. No L1 term is in the paper, but without one few epochs come to
    nothing.

    A model file, and what is exported, holds the generator alone. Training further from a file
    begins with a new discriminator. Strided transposed convolutions may leave tones in silence, at
    multiples of the sampling rate divided by a power of the stride.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.
    .. [2] S. Pascual, A. Bonafonte and J. Serrà, "SEGAN: Speech enhancement generative adversarial
       network", Interspeech 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import SEGANRegressor
    >>> clean = np.sin(np.arange(8 * 256).reshape(8, 256) / 5)
    >>> clipped = np.clip(clean, -0.3, 0.3)
    >>> network = SEGANRegressor((4, 8), epochs=1, sampling_rate=8000, random_state=0)
    >>> network.fit(clipped, clean).predict(clipped).shape
    (8, 256)
    """

    # What other networks have as parameters.
    loss, optimizer, output_activation, head = "mse", "adam", "linear", None

    def __init__(
        self,
        filters: Sequence[int] = (16, 32, 64, 128),
        *,
        kernel_size: int = 31,
        stride: int = 4,
        n_noise: int | None = None,
        skip: str = "concatenate",
        phase_shift: int = 5,
        z: str = "zero",
        sampling_rate: float = 16000,
        l1_weight: float = 100.0,
        power_weight: float = 0.1,
        acoustic_weight: float = 1.0,
        adversarial_weight: float = 1.0,
        warm_up_epochs: int = 5,
        standardize: bool = True,
        learning_rate: float = 1e-4,
        discriminator_learning_rate: float = 4e-4,
        learning_rate_schedule: str = "constant",
        batch_size: int = 16,
        epochs: int = 30,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        keep_parameters(self, locals())

    def make_architecture(self) -> SEGAN:
        """Check the parameters of the architecture and return it.

        Returns
        -------
        architecture : SEGAN
        """
        check_segan(self)
        check_weights(self)
        return SEGAN(**{name: getattr(self, name) for name in SEGAN().get_params()})

    def use_z(self, z: str) -> Self:
        """Choose the noise of predictions, without another fit.

        Parameters
        ----------
        z : {"zero", "drawn"}
            As the parameter. Noise that is drawn is the same each time: that of the fit.

        Returns
        -------
        self : object

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            For another word.
        """
        check_is_fitted(self, "regressor_")
        check_choice(self, "z", z, ("drawn", "zero"))
        trained = self._trained_regressor(seed=0)
        architecture = clone(self.architecture_).set_params(z=z)
        other = self._own_regressor(architecture, trained.shapes, trained.ends, seed=0)
        other.restore(trained.weights, self._row_shape, self._output_row_shape)
        self.z, self.architecture_, self.regressor_ = z, architecture, other
        return self

    def _check_training_data(self, X, y, resume):
        X, y = super()._check_training_data(X, y, resume)
        if X.ndim > 3 or X.shape != y.shape:
            raise ValueError(
                f"{type(self).__name__}: X has shape {X.shape} and y {y.shape}; expected rows of "
                "distorted and clean samples of one shape, (n_samples, n_times) or (n_samples, "
                "hop_length, n_frames), as SamplesFeaturizer and SamplesTarget give them."
            )
        return X, y

    def _columns_for(self, X, y, plan):
        """Return what makes of clean rows what the adversary is given: waveforms and features."""
        if plan["resume"]:
            ends = self.regressor_.ends
            statistics = ends["input_statistics"], ends["output_statistics"]
            plan["scales"] = tuple(1.0 if s is None else float(s[1][0, 0]) for s in statistics)
        else:
            plan["scales"] = (_peak(X), _peak(y)) if self.standardize else (1.0, 1.0)
        n_times, acoustics = math.prod(y.shape[1:]), None
        before = self._adversary_before(plan)
        if self.acoustic_weight > 0:
            acoustics = self._make_acoustics(n_times)
            if before is not None and before.statistics is not None:
                statistics = before.statistics
            else:
                rows = np.unique(np.linspace(0, len(y) - 1, _ROWS_LOOKED_AT).astype(int))
                waveforms = as_waveforms(y[rows]) / plan["scales"][1]
                statistics = statistics_of(acoustics.compute(waveforms))
            plan["statistics"] = statistics

        def pack(rows):
            waveforms = as_waveforms(rows) / np.float32(plan["scales"][1])
            if acoustics is None:
                return waveforms
            mean, deviation = plan["statistics"]
            features = (acoustics.compute(waveforms) - mean) / deviation
            return np.concatenate([waveforms, features.reshape(len(features), -1)], axis=1)

        def columns_of(rows):
            if not isinstance(rows, FileArray):
                return pack(rows)
            n_values = n_times + (0 if acoustics is None else math.prod(acoustics.shape))
            packed, begin = FileArray((len(rows), n_values), np.float32), 0
            for [block] in in_blocks(rows):
                packed[begin : begin + len(block)] = pack(block)
                begin += len(block)
            return packed

        plan["n_times"], plan["acoustics"] = n_times, acoustics
        return columns_of

    def _make_acoustics(self, n_times):
        from skse.networks._discriminator import branch_level

        hop_length = self.stride ** branch_level(self.stride, len(self.filters))
        n_frames = self._n_padded(n_times) // hop_length
        return AcousticFeatures(n_times, hop_length, n_frames, self.sampling_rate)

    def _n_padded(self, n_times):
        whole = self.stride ** len(self.filters)
        return -(-n_times // whole) * whole

    def _adversary_before(self, plan):
        """Return the adversary of the training before, where it is still in memory."""
        model = getattr(self.regressor_, "model_", None) if plan["resume"] else None
        return getattr(model, "adversary", None)

    def _make_callbacks(self, n_rows, plan):
        from skse.networks._adversary import Confronts

        def make_adversary(before):
            return self._make_adversary(before, plan)

        confronts = Confronts(make_adversary, int(self.warm_up_epochs))
        return [confronts, *super()._make_callbacks(n_rows, plan)]

    def _make_adversary(self, before, plan):
        """Return a new adversary; what the one before has learnt is taken over, if it fits."""
        from skse.networks._adversary import Adversary
        from skse.networks._discriminator import build_discriminator
        from skse.networks._scikeras import build_seeded

        acoustics, weights = plan["acoustics"], weights_of(self)
        sizes = {
            "filters": tuple(self.filters),
            "kernel_size": int(self.kernel_size),
            "stride": int(self.stride),
            "phase_shift": int(self.phase_shift),
            "n_acoustic": 0 if acoustics is None else acoustics.n_features,
        }
        judges = weights["acoustic"] > 0 or weights["adversarial"] > 0
        if judges and before is not None and before.sizes == sizes:
            discriminator, optimizer = before.discriminator, before.optimizer
            optimizer.learning_rate = self.discriminator_learning_rate
        elif judges:
            build = partial(build_discriminator, self._n_padded(plan["n_times"]), **sizes)
            # Another seed than the generator has, of the same draw.
            discriminator, optimizer = build_seeded(build, plan["seed"] + 1), None
        else:
            discriminator = optimizer = sizes = None
        return Adversary(
            discriminator,
            optimizer,
            self.discriminator_learning_rate,
            sizes=sizes,
            weights=weights,
            scales=plan["scales"],
            n_times=plan["n_times"],
            acoustics=None if acoustics is None else acoustics.shape,
            statistics=plan.get("statistics"),
            sampling_rate=float(self.sampling_rate),
        )

    def _statistics(self, X, y, plan):
        names, shape = ("input_statistics", "output_statistics"), (X.shape[1], 1)
        return {
            name: (np.zeros(shape, np.float32), np.full(shape, scale, np.float32))
            for name, scale in zip(names, plan["scales"], strict=True)
        }

    def _make_optimizer(self, scale):
        from skse.networks._adversary import make_adam

        return make_adam(self.learning_rate)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = False
        return tags


def weights_of(owner):
    """Return the weights of the terms of the loss by the name of the term."""
    names = ("l1", "power", "acoustic", "adversarial")
    return {name: float(getattr(owner, f"{name}_weight")) for name in names}


def check_weights(owner):
    """Raise a ValueError unless `owner` has parameters that an adversary can train with."""
    for name in ("l1_weight", "power_weight", "acoustic_weight", "adversarial_weight"):
        check_number(owner, name, getattr(owner, name), Real, min_val=0)
    if not any(weights_of(owner).values()):
        raise ValueError(
            f"{type(owner).__name__}: l1_weight, power_weight, acoustic_weight and "
            "adversarial_weight are all 0, which leaves nothing to train by; expected one above 0."
        )
    check_sampling_rate(owner, owner.sampling_rate)
    for name in ("phase_shift", "warm_up_epochs"):
        check_number(owner, name, getattr(owner, name), Integral, min_val=0)
    rate, above_zero = owner.discriminator_learning_rate, {"include_boundaries": "neither"}
    check_number(owner, "discriminator_learning_rate", rate, Real, min_val=0, **above_zero)


def as_waveforms(rows):
    """Join frames of samples, ``(n, hop_length, n_frames)``, to waveforms ``(n, n_times)``."""
    rows = np.asarray(rows, np.float32)
    return rows if rows.ndim == 2 else rows.swapaxes(1, 2).reshape(len(rows), -1)


def _peak(rows):
    """Return the largest absolute value, or 1 where all are 0."""
    peak = max(float(np.abs(block).max()) for [block] in in_blocks(rows))
    return peak if peak > 0 else 1.0
