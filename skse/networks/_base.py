"""The regressor base class that owns a scikeras KerasRegressor."""

from abc import ABC, abstractmethod
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skse.networks._checks import check_layout, check_output
from skse.networks._moments import moments
from skse.networks._parameters import check_training
from skse.networks._runtime import OnnxNetwork, SavedKerasObject
from skse.networks._validation import split_groups
from skse.utils import check_number

# Frames that one call of the network sees at prediction, so that memory stays flat.
_FRAMES_PER_CALL = 512
# Batches that are looked at before training: their moments standardise, their shapes are checked.
_BATCHES_LOOKED_AT = 32


class BaseNetworkRegressor(RegressorMixin, BaseEstimator, ABC):
    """Common part of the network regressors: everything but the architecture.

    A subclass names every parameter in its own ``__init__`` and says how the
    network is built.
    """

    # Whether predict takes another number of frames than fit saw.
    _any_n_frames = True

    @abstractmethod
    def _architecture(self):
        """Check the architecture's parameters; return its builder and their values.

        Returns
        -------
        build : callable
            ``build(input_shape, output_shape, *, output_activation,
            input_statistics, output_statistics, **parameters)`` gives a
            keras.Model that is not compiled.
        parameters : dict
        """

    def fit(self, X, y, groups=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames[, n_channels]) \
                or (n_samples, n_frequencies)
            Features; a 2-D array holds one frame a row.
        y : array-like of shape (n_samples, n_frequencies_out, n_frames[, n_channels_out]), \
                (n_samples, n_frequencies_out) or (n_samples,)
            Targets, with as many frames as `X`.
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
        self._check_training_params()
        build, parameters = self._architecture()
        X, y = self._check_training_data(X, y, self._continues())
        build = partial(build, output_activation=check_output(self, X, y), **parameters)
        random_state = check_random_state(self.random_state)
        seed = self._draw_seed(random_state)
        validation = None
        if self.early_stopping:
            train, held_out = split_groups(
                groups, len(X), self.validation_fraction, random_state, owner=self
            )
            validation = X[held_out], _column(y[held_out])
            X, y = X[train], y[train]
        return self._train(X, y, build, seed, validation, n_rows=len(X))

    def fit_batches(self, make_batch, n_rows, validation_data=None, further=False):
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
        self._check_training_params()
        check_number("fit_batches", "n_rows", n_rows, Integral, min_val=1)
        if self.early_stopping and validation_data is None:
            raise ValueError(
                f"{type(self).__name__}: early_stopping=True needs validation_data in fit_batches; "
                "pass it, or use early_stopping=False."
            )
        build, parameters = self._architecture()
        n_steps = -(-n_rows // self.batch_size)
        first = [make_batch(step) for step in range(min(n_steps, _BATCHES_LOOKED_AT))]
        X, y = (np.concatenate(part) for part in zip(*first, strict=True))
        X, y = self._check_training_data(X, y, self._continues())
        build = partial(build, output_activation=check_output(self, X, y), **parameters)
        if validation_data is not None:
            X_held_out, y_held_out = (np.asarray(a, np.float32) for a in validation_data)
            validation_data = X_held_out, _column(y_held_out)
        seed = self._draw_seed(check_random_state(self.random_state))

        def make_columns(step):
            X, y = make_batch(step)
            return X, _column(y)

        return self._train(
            X, y, build, seed, validation_data, n_rows=n_rows, make_batch=make_columns
        )

    def predict(self, X):
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
            frames as `X`.

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
            output_shape[1] = X.shape[2]
        n_rows = max(1, _FRAMES_PER_CALL // _n_frames(X))
        y = np.empty((len(X), *output_shape), np.float32)
        for start in range(0, len(X), n_rows):
            y[start : start + n_rows] = self.regressor_.predict_rows(X[start : start + n_rows])
        return y if self._output_row_shape else y[:, 0]

    def receptive_field(self):
        """How far the network looks along time.

        Returns
        -------
        field : tuple of (int, int) or None
            A frame of the output depends on so many frames of the input before
            it, and on so many after it. None where that is not bounded, as here.
        """
        return None

    def score(self, X, y, sample_weight=None):
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

    def _check_training_params(self):
        for name in ("loss", "optimizer"):
            if isinstance(getattr(self, name), SavedKerasObject):
                setattr(self, name, getattr(self, name).build())
        check_training(self)

    def _continues(self):
        return bool(self.warm_start) and hasattr(self, "regressor_")

    def _draw_seed(self, random_state):
        return None if self.random_state is None else int(random_state.randint(2**31 - 1))

    def _train(self, X, y, build, seed, validation, *, n_rows, make_batch=None):
        """Train on `X` and `y`, or on the batches that `make_batch` gives and these begin with."""
        from skse.networks._scikeras import quiet_tracing, seeded

        warm = self._continues()
        with seeded(seed), quiet_tracing():
            regressor = self._trained_regressor() if warm else self._new_regressor(build, X, y)
            regressor.set_params(
                batch_size=int(self.batch_size),
                epochs=int(self.epochs),
                verbose=int(self.verbose),
                warm_start=warm,
            )
            regressor.fit(
                X,
                _column(y),
                callbacks=self._make_callbacks(n_rows, regressor if warm else None),
                make_batch=make_batch,
                n_steps=-(-n_rows // self.batch_size),
                validation_data=validation,
                initial_epoch=self.n_iter_ if warm else 0,
            )
        self.regressor_ = regressor
        self.history_ = {name: list(values) for name, values in regressor.history_.items()}
        self.n_iter_ = len(self.history_.get("loss", ()))
        self._row_shape, self._output_row_shape = X.shape[1:], y.shape[1:]
        return self

    def _check_training_data(self, X, y, warm):
        X, y = validate_data(
            self,
            X,
            y,
            reset=not warm,
            validate_separately=(
                {"dtype": np.float32, "allow_nd": True},
                {"dtype": np.float32, "allow_nd": True, "ensure_2d": False},
            ),
        )
        check_layout(X, y)
        if warm:
            self._check_rows(X)
            expected = list(self._output_row_shape)
            if y.ndim > 2:
                expected[1] = y.shape[2]
            if list(y.shape[1:]) != expected:
                raise ValueError(
                    f"y has rows of shape {y.shape[1:]}, but with warm_start=True the network that "
                    f"is trained further gives {tuple(expected)}; use warm_start=False."
                )
        return X, y

    def _check_rows(self, X):
        """Raise a ValueError where the rows of `X` do not fit the fitted network."""
        fitted, given = list(self._row_shape), list(X.shape[1:])
        if self._any_n_frames and len(fitted) == len(given) > 1:
            fitted[1] = given[1]
        if fitted != given:
            remedy = (
                ""
                if self._any_n_frames or len(fitted) < 2
                else " It takes only the number of frames that it was trained with: cut or pad X."
            )
            raise ValueError(
                f"X has rows of shape {X.shape[1:]}, but {type(self).__name__} was fitted on rows "
                f"of shape {self._row_shape}.{remedy}"
            )

    def _new_regressor(self, build, X, y):
        from skse.networks._heads import features_of

        input_statistics = output_statistics = None
        if self.standardize:
            mean, deviation = moments(features_of(X, self.head))
            input_statistics = (mean, np.where(deviation > 0, deviation, 1).astype(np.float32))
            if build.keywords["output_activation"] == "linear" and self.head is None:
                output_statistics = moments(y)
        return self._own_regressor(
            build.func,
            (self._network_shape(X.shape[1:]), self._network_shape(y.shape[1:] or (1,))),
            {
                "input_statistics": input_statistics,
                "output_statistics": output_statistics,
                **build.keywords,
            },
        )

    def _own_regressor(self, build, shapes, arguments):
        """Return a KerasRegressor that is not fitted; its network is built as told here."""
        from skse.networks._heads import build_with_head, compiled_loss
        from skse.networks._scikeras import OwnedKerasRegressor, make_optimizer

        scale = 1.0
        if arguments["output_statistics"] is not None:
            scale = float(np.sqrt(np.mean(np.square(arguments["output_statistics"][1]))))
        build = partial(build, **arguments)
        if self.head is not None:
            build = partial(build_with_head, build=build, head=self.head)
        return OwnedKerasRegressor(
            partial(build, *shapes),
            loss=compiled_loss(self.loss, self.head),
            optimizer=make_optimizer(self.optimizer, self.learning_rate, scale),
        )

    def _trained_regressor(self):
        """Return the trained KerasRegressor, rebuilt where a file was loaded."""
        saved = self.regressor_
        if not isinstance(saved, OnnxNetwork):
            return saved
        regressor = self._own_regressor(
            self._architecture()[0], saved.shapes, saved.arguments
        ).restore(saved.weights, self._row_shape, self._output_row_shape or (1,))
        for name, values in self.history_.items():
            regressor.history_[name] += values
        return regressor

    def _network_shape(self, row_shape):
        """Shape of a row, with the number of frames left open where it may change."""
        if len(row_shape) < 2 or not self._any_n_frames:
            return tuple(row_shape)
        return (row_shape[0], None, *row_shape[2:])

    def _make_callbacks(self, n_rows, fitted):
        """Callbacks of one training, and the learning rate where it goes on with `fitted`."""
        from keras.callbacks import EarlyStopping

        from skse.networks._scikeras import CosineDecay

        callbacks = list(self.callbacks or [])
        by_name = isinstance(self.optimizer, str)
        if self.learning_rate_schedule == "cosine":
            initial = self.learning_rate if by_name else float(self.optimizer.learning_rate)
            callbacks.append(CosineDecay(initial, self.epochs * -(-n_rows // self.batch_size)))
        elif fitted is not None and by_name:
            fitted.model_.optimizer.learning_rate = self.learning_rate
        if self.early_stopping:
            callbacks.append(
                EarlyStopping(patience=int(self.n_iter_no_change), restore_best_weights=True)
            )
        return callbacks

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags


def _column(y):
    return y[:, None] if y.ndim == 1 else y


def _n_frames(X):
    return X.shape[2] if X.ndim > 2 else 1
