"""The base class of network regressors, as users see it."""

import math
from abc import abstractmethod
from collections.abc import Callable
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted, validate_data

from skse.networks._architecture import BaseArchitecture
from skse.networks._steps import NotSteppableError, StepStream
from skse.networks._training import TrainsNetwork

# Frames that one call of the network sees at prediction, so that memory stays flat.
_FRAMES_PER_CALL = 512
# Layers are changed for as long as one is converted.
_MAKING_STEPS = Lock()


class BaseNetworkRegressor(TrainsNetwork):
    """Base class of the network regressors: everything about training and prediction.

    A subclass names in its ``__init__`` the parameters of its architecture and those of the
    training, all of which :class:`NetworkRegressor` explains, and says in
    :meth:`make_architecture` what the network is. Most networks need none:
    ``NetworkRegressor(architecture)`` trains any architecture.

    Attributes
    ----------
    architecture_ : BaseArchitecture
        What was trained.
    regressor_ : scikeras.wrappers.KerasRegressor
        The trained network. After :func:`skse.load`, and until it is trained further, an
        object in its place that predicts through onnxruntime.
    history_ : dict of str to list of float
        Loss of every epoch: "loss" and, where rows are held out, "val_loss", NaN for epochs in
        which none were.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Number of frequencies seen in `fit`.

    See Also
    --------
    BaseArchitecture : What a network is.
    NetworkRegressor : Trains any architecture.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.networks import BaseNetworkRegressor, NetworkRegressor, UNet
    >>> class SmallUNet(NetworkRegressor):
    ...     def make_architecture(self):
    ...         return UNet(filters=(4,), dilations=(1,))
    >>> issubclass(SmallUNet, BaseNetworkRegressor)
    True
    >>> X = np.random.default_rng(0).random((4, 9, 6), dtype=np.float32)
    >>> SmallUNet(epochs=1, random_state=0).fit(X, X).predict(X).shape
    (4, 9, 6)
    """

    @abstractmethod
    def make_architecture(self) -> BaseArchitecture:
        """Return the architecture that the parameters describe.

        Returns
        -------
        architecture : BaseArchitecture
            A new one, not yet checked.
        """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train the network.

        Where it fails or is interrupted, a network that was trained before stays as it was.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames[, n_channels]) \
                or (n_samples, n_frequencies)
            Features; a 2-D array holds one frame a row.
        y : array-like of shape (n_samples, n_frequencies_out, n_frames[, n_channels_out]), \
                (n_samples, n_frequencies_out) or (n_samples,)
            Targets, with as many frames as `X`; where rows of `X` begin with
            `environment_frames` of the environment, with so many fewer.
        groups : array-like of shape (n_samples,) or None, default=None
            Which rows belong together, such as the segments of one utterance.
            With ``early_stopping=True`` no group is on both sides of the split;
            without groups every row is its own.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            For a parameter out of its range, arrays that do not fit together, or
            targets that the loss cannot take.
        """
        return self._fit(X, y, groups, tune=False)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train a fitted network further on these rows: fine-tuning.

        Weights, standardisation and everything of the architecture are what they were, and
        `epochs` more follow. Some groups are held out (`validation_fraction`): training stops
        after `n_iter_no_change` epochs without improvement on them and ends with the best
        weights, those it started from among them. So on its own validation rows the network
        never gets worse. With a single group nothing can be held out; a warning says so.
        Before any fit it is `fit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames[, n_channels]) \
                or (n_samples, n_frequencies)
            Features, as in `fit`; of any number of frames where the network takes any.
        y : array-like of shape (n_samples, n_frequencies_out, n_frames[, n_channels_out]), \
                (n_samples, n_frequencies_out) or (n_samples,)
            Targets.
        groups : array-like of shape (n_samples,) or None, default=None
            Which rows belong together; without groups every row is its own.

        Returns
        -------
        self : object
            Fitted estimator; `history_` and `n_iter_` go on.

        Raises
        ------
        ValueError
            As `fit`, and for rows that the fitted network does not take.
        """
        return self._fit(X, y, groups, tune=hasattr(self, "regressor_"))

    def fit_batches(
        self,
        make_batch: Callable[[int], tuple[np.ndarray, np.ndarray]],
        n_rows: int,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Train the network on rows that are made while it trains, and never kept.

        Parameters
        ----------
        make_batch : callable
            ``make_batch(step)`` gives ``(X, y)`` of ``batch_size`` rows, as `fit` takes
            them, for training step 0, 1, 2, ... The same step must give the same rows.
            It runs in a thread beside the training.
        n_rows : int
            Rows in an epoch, which is filled up to whole batches.
        validation_data : tuple of (X, y) or None, default=None
            Rows that ``early_stopping=True`` watches; it cannot hold out any of its own.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            As `fit`, for the rows of the first steps; and without `validation_data` where
            ``early_stopping=True`` needs it.
        """
        return self._fit_batches(make_batch, n_rows, validation_data, tune=False)

    def partial_fit_batches(
        self,
        make_batch: Callable[[int], tuple[np.ndarray, np.ndarray]],
        n_rows: int,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Train a fitted network further on rows that are made meanwhile.

        What `partial_fit` is to `fit`, this is to `fit_batches`. The best weights, those
        it started from among them, are judged by `validation_data`.

        Parameters
        ----------
        make_batch : callable
            As in `fit_batches`. Steps are counted on from the last training.
        n_rows : int
            Rows in an epoch, which is filled up to whole batches.
        validation_data : tuple of (X, y) or None, default=None
            Rows to judge by; None trains all epochs and keeps the last weights.

        Returns
        -------
        self : object
            Fitted estimator; `history_` and `n_iter_` go on.

        Raises
        ------
        ValueError
            As `fit_batches`, and for rows that the fitted network does not take.
        """
        trained = hasattr(self, "regressor_")
        return self._fit_batches(make_batch, n_rows, validation_data, tune=trained)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the target of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames[, n_channels]) \
                or (n_samples, n_frequencies)
            Features of the same kind as those in `fit`.

        Returns
        -------
        y : ndarray, float32
            Targets, in the layout of the `y` that `fit` saw and with as many
            frames as `X`, but for those of the environment.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            Where `X` has another layout than in `fit`.
        """
        check_is_fitted(self, "regressor_")
        X = validate_data(self, X, reset=False, dtype=np.float32, allow_nd=True)
        self._check_rows(X)
        output_shape = list(self._output_row_shape) or [1]
        if len(output_shape) > 1:
            output_shape[1] = X.shape[2] - self.architecture_.environment_frames
        n_frames = X.shape[2] if X.ndim > 2 else 1
        n_rows = max(1, _FRAMES_PER_CALL // n_frames)
        y = np.empty((len(X), *output_shape), np.float32)
        for start in range(0, len(X), n_rows):
            y[start : start + n_rows] = self.regressor_.predict_rows(X[start : start + n_rows])
        return y if self._output_row_shape else y[:, 0]

    def receptive_field(self) -> tuple[float, int] | None:
        """How far the network looks along time.

        Returns
        -------
        field : tuple of (int, int) or (inf, 0) or None
            A frame of the output depends on so many frames of the input before
            it, and on so many after it; ``(inf, 0)`` where it carries a state along time
            (see :meth:`open_stream`). None where that is not bounded.
        """
        architecture = getattr(self, "architecture_", None) or self.make_architecture()
        return architecture.receptive_field()

    def open_stream(self, environment: ArrayLike | None = None) -> Any:
        """Begin to predict a recording frame by frame, each computed once.

        Parameters
        ----------
        environment : array-like of shape \
                (1, n_frequencies, environment_frames[, n_channels]) or None, default=None
            What the rows begin with, for a network with ``environment_frames``.

        Returns
        -------
        stream : StepStream or NetworkStream
            ``stream.push(rows)`` takes the next frames, rows of shape
            ``(1, n_frequencies, n_frames[, n_channels])``, and returns those that are finished:
            the output lags by ``stream.ahead`` frames. ``stream.finish()`` returns those that
            are still to come; ``stream.reset()`` begins another recording. Layers that carry
            a state need Keras, after :func:`skse.load` too; others run through onnxruntime.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            Where the network does not look a bounded number of frames back and ahead, or has
            an operator of which no form for single frames is known; and for an `environment`
            that is missing or of another shape.
        """
        check_is_fitted(self, "regressor_")
        environment = self._check_environment(environment)
        if self.receptive_field() == (math.inf, 0) and environment is None:
            from skse.networks._stream import NetworkStream

            return NetworkStream(self.regressor_, self.architecture_, self.head)
        return StepStream(self._make_step_form(environment))

    def _check_environment(self, environment):
        """Return the frames that rows begin with as float32; None where they begin with none."""
        n_before = self.architecture_.environment_frames
        if not n_before and environment is None:
            return None
        expected = [1, *self._row_shape]
        expected[2:3] = [n_before]
        if environment is None or list(np.shape(environment)) != expected or not n_before:
            given = "nothing" if environment is None else f"shape {np.shape(environment)}"
            raise NotSteppableError(
                f"{type(self).__name__}.open_stream: environment has {given}, but the network was "
                f"fitted with environment_frames={n_before}; expected "
                + (f"shape {tuple(expected)}." if n_before else "nothing.")
            )
        return np.asarray(environment, np.float32)

    def _make_step_form(self, environment):
        """Make the graph that predicts frame by frame, of the weights as they are."""
        name, field = type(self.architecture_).__name__, self.receptive_field()
        if field is None or math.isinf(field[0]):
            raise NotSteppableError(
                f"{name} does not look a bounded number of frames back and ahead: its "
                f"receptive_field() is {field}. It predicts whole recordings."
            )
        try:
            with _MAKING_STEPS:
                return self.regressor_.step_form(environment)
        except NotSteppableError as error:
            raise NotSteppableError(
                f"{name} cannot predict frame by frame: {error}. It predicts whole recordings."
            ) from error

    def keras_model(self) -> Any:
        """Return the trained Keras model, rebuilt where the network was loaded from a file.

        Returns
        -------
        model : keras.Model

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "regressor_")
        return self._trained_regressor(seed=0).model_

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Coefficient of determination R² of the prediction.

        Parameters
        ----------
        X : array-like
            Features, as in `predict`.
        y : array-like
            True targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        score : float
            For targets with frames, R² of every frequency (and channel) over all
            frames, averaged with the variances as weights.
        """
        if np.ndim(y) < 3:
            return super().score(X, y, sample_weight)
        y_true, y_pred = np.asarray(y), self.predict(X)
        if sample_weight is not None:
            sample_weight = np.repeat(sample_weight, y_true.shape[2])
        true_frames, predicted_frames = (
            np.moveaxis(array, 2, 1).reshape(len(array) * array.shape[2], -1)
            for array in (y_true, y_pred)
        )
        return r2_score(
            true_frames,
            predicted_frames,
            sample_weight=sample_weight,
            multioutput="variance_weighted",
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags
