"""How a network regressor trains: the private half of its base class."""

import copy
import math
import warnings
from abc import ABC
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from skse.networks._architecture import ENDS, check_field, part_arguments
from skse.networks._parameters import check_training
from skse.networks._rows import (
    as_columns,
    check_before,
    check_groups,
    check_layout,
    check_output,
    in_blocks,
    moments,
    select,
    split_groups,
)
from skse.networks._runtime import OnnxNetwork, built
from skse.utils import FileArray, check_number

# Batches that are looked at before training: their moments standardise, their shapes are checked.
_BATCHES_LOOKED_AT = 32
# Part of the range of the held-out loss by which it must rise to be worth a warning.
_RISE = 0.05


def from_arguments(cls, arguments):
    """Part what a file of version 0.1 says of a network into architecture and ends.

    Parameters
    ----------
    cls : type
        Of the network regressor.
    arguments : dict
        What its Keras model was built with.

    Returns
    -------
    architecture : BaseArchitecture
    ends : dict
        ``output_activation``, ``input_statistics`` and ``output_statistics``.
    """
    return part_arguments(type(cls().make_architecture()), arguments)


class TrainsNetwork(RegressorMixin, BaseEstimator, ABC):
    """Training, as :class:`BaseNetworkRegressor` offers it.

    `tune` says everywhere below that a fitted network is trained further and may only get
    better; `resume`, that it is trained further at all.
    """

    history_: dict[str, list[float]]
    n_iter_: int

    # Where scikit-learn's metadata is routed, groups go to networks as they do to splitters.
    __metadata_request__fit = {"groups": True}  # noqa: RUF012
    __metadata_request__partial_fit = {"groups": True}  # noqa: RUF012

    def __sklearn_clone__(self):
        if isinstance(getattr(self, "loss", ""), str):
            return super().__sklearn_clone__()
        # A copy of one of Keras's losses lacks what its configuration does not hold, such as
        # the delta of Huber. It has no state: all clones share it.
        named = copy.copy(self)
        named.loss = "mse"
        twin = super(TrainsNetwork, named).__sklearn_clone__()
        twin.loss = self.loss
        return twin

    @property
    def input_shape_(self) -> tuple[int | None, ...]:
        """Shape of a row of `X`, None where the number of frames is free."""
        return self._open_shape(self.architecture_, self._row_shape)

    @property
    def output_shape_(self) -> tuple[int | None, ...]:
        """Shape of a row of the prediction, None where the number of frames is free."""
        return self._open_shape(self.architecture_, self._output_row_shape)

    def _fit(self, X, y, groups, *, tune):
        with self._whole_or_not_at_all():
            plan = self._begin(tune)
            X, y = self._check_training_data(X, y, plan)
            plan["activation"] = check_output(self, X, y)
            random_state = check_random_state(self.random_state)
            plan["seed"] = _draw_seed(random_state)
            if tune and len(np.unique(check_groups(groups, len(X)))) < 2:
                warnings.warn(
                    f"{type(self).__name__}.partial_fit: all rows are of one group, so none are "
                    "held out: the network may get worse. Pass rows of at least 2 groups.",
                    stacklevel=3,
                )
            elif tune or self.early_stopping:
                train, held_out = split_groups(
                    groups, len(X), self.validation_fraction, random_state, owner=self
                )
                plan["validation"] = select(X, held_out), select(y, held_out)
                X, y = select(X, train), select(y, train)
            return self._train(X, y, len(X), plan)

    def _fit_batches(self, make_batch, n_rows, validation_data, *, tune):
        with self._whole_or_not_at_all():
            plan = self._begin(tune)
            check_number("fit_batches", "n_rows", n_rows, Integral, min_val=1)
            if self.early_stopping and not tune and validation_data is None:
                raise ValueError(
                    f"{type(self).__name__}: early_stopping=True needs validation_data in "
                    "fit_batches; pass it, or use early_stopping=False."
                )
            n_steps = -(-n_rows // self.batch_size)
            first = [make_batch(step) for step in range(min(n_steps, _BATCHES_LOOKED_AT))]
            X, y = (np.concatenate(part) for part in zip(*first, strict=True))
            X, y = self._check_training_data(X, y, plan)
            plan["activation"] = check_output(self, X, y)
            plan["seed"] = _draw_seed(check_random_state(self.random_state))
            if validation_data is not None:
                plan["validation"] = tuple(
                    rows if isinstance(rows, FileArray) else np.asarray(rows, np.float32)
                    for rows in validation_data
                )
            failures: list[Any] = []

            def make_watched(step):
                try:
                    return make_batch(step)
                except Exception as error:
                    failures.append(error)
                    raise

            try:
                return self._train(X, y, n_rows, plan, make_watched)
            except Exception:
                if not failures:
                    raise
                failures[0].trained = self._trained_so_far(plan, X, y)
                raise failures[0] from None  # TensorFlow wraps it into its own

    @contextmanager
    def _whole_or_not_at_all(self):
        """Keep what was fitted before where something fails inside."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            self.__dict__.update(before)
            for name in vars(self).keys() - before.keys():
                delattr(self, name)
            raise

    def _begin(self, tune):
        """Check the parameters; say with which architecture it trains, and whether further."""
        check_training(self)
        architecture = self.make_architecture()
        architecture.check_params()
        check_field(architecture)
        resume = tune or (bool(self.warm_start) and hasattr(self, "regressor_"))
        if resume:
            architecture = self.architecture_
        return {"architecture": architecture, "resume": resume, "tune": tune, "validation": None}

    def _train(self, X, y, n_rows, plan, make_batch=None):
        """Train on `X` and `y`, or on the batches that `make_batch` gives and these begin with."""
        from skse.networks._batches import EndlessBatches, shuffled_batches
        from skse.networks._scikeras import quiet_tracing

        resume, batch_size = plan["resume"], int(self.batch_size)
        columns_of = self._columns_for(X, y, plan)
        columns = columns_of(y)
        if plan["validation"] is not None:
            X_held_out, y_held_out = plan["validation"]
            plan["validation"] = X_held_out, columns_of(y_held_out)
        before = self.history_ if resume else {}
        constant = self.learning_rate_schedule == "constant" and isinstance(self.optimizer, str)

        def made_columns(step):
            X, y = make_batch(step)
            return X, columns_of(y)

        def make_data(count_steps):
            if make_batch is not None:
                return EndlessBatches(made_columns, count_steps)
            seed = None if self.random_state is None else plan["seed"]
            return shuffled_batches(X, columns, batch_size, seed)

        with quiet_tracing():
            if resume:
                regressor = self._trained_regressor(plan["seed"])
                regressor.history_ = defaultdict(list, {k: list(v) for k, v in before.items()})
            else:
                regressor = self._new_regressor(X, y, plan)
            plan["regressor"] = regressor
            epochs, verbose = int(self.epochs), int(self.verbose)
            regressor.set_params(
                batch_size=batch_size, epochs=epochs, verbose=verbose, warm_start=resume
            )
            callbacks = self._make_callbacks(n_rows, plan)
            try:
                regressor.fit(
                    X[:1],
                    columns[:1],
                    make_data=make_data,
                    callbacks=callbacks,
                    learning_rate=self.learning_rate if resume and constant else None,
                    steps_per_epoch=None if make_batch is None else -(-n_rows // batch_size),
                    validation_data=plan["validation"],
                    initial_epoch=self.n_iter_ if resume else 0,
                )
            except KeyboardInterrupt as error:
                error.trained = self._trained_so_far(plan, X, y)  # type: ignore[attr-defined]
                raise
        self._take_over(regressor, before, plan, X, y)
        watched = plan["validation"] is not None and self.early_stopping and not plan["tune"]
        if watched and make_batch is None:  # rows made anew are not learnt by heart
            self._warn_of_learning_by_heart(first_epoch=len(before.get("loss", ())))
        return self

    def _take_over(self, regressor, before, plan, X, y):
        """Set what a fit leaves."""
        self.n_iter_ = len(regressor.history_.get("loss", ()))
        self.history_ = {}
        for name, values in regressor.history_.items():
            gap = [math.nan] * (self.n_iter_ - len(values))  # where no rows were held out
            self.history_[name] = values + gap if name in before else gap + values
        self.architecture_, self.regressor_ = plan["architecture"], regressor
        self._row_shape, self._output_row_shape = X.shape[1:], y.shape[1:]

    def _trained_so_far(self, plan, X, y):
        """Return the network as after the epochs that a failed training finished; None for none."""
        kept = plan["kept"]
        if kept.weights is None:
            return None
        before = self.history_ if plan["resume"] else {}
        # One that was fitted before is as it was again, and stays so.
        regressor = copy.deepcopy(plan["regressor"]) if plan["resume"] else plan["regressor"]
        regressor.model_.set_weights(kept.weights)
        history = {name: list(values) for name, values in before.items()}
        for name, values in kept.history.items():
            history[name] = history.get(name, []) + values
        regressor.history_ = defaultdict(list, history)
        self._take_over(regressor, before, plan, X, y)
        return copy.copy(self)

    def _warn_of_learning_by_heart(self, first_epoch):
        """Warn where the held-out loss rose while the training loss went on falling."""
        losses, held_out = (self.history_[name][first_epoch:] for name in ("loss", "val_loss"))
        best = int(np.argmin(held_out))
        rise = held_out[-1] - held_out[best]
        if rise > _RISE * (max(held_out) - min(held_out)) and losses[-1] < losses[best]:
            epoch = first_epoch + best + 1
            warnings.warn(
                f"{type(self).__name__}: after epoch {epoch} the loss on held-out rows rose from "
                f"{held_out[best]:.4g} to {held_out[-1]:.4g} while the training loss fell: the "
                f"network began to learn its rows by heart. The weights of epoch {epoch} are kept; "
                "more recordings, mixtures made anew (SpeechEnhancer's remix=True), dropout or a "
                "smaller network go further.",
                stacklevel=5,
            )

    def _make_callbacks(self, n_rows, plan):
        from skse.networks._callbacks import CosineDecay, KeepBest, KeepEpoch

        callbacks, best = list(self.callbacks or []), None
        if self.learning_rate_schedule == "cosine":
            optimizer = built(self.optimizer)
            by_name = isinstance(optimizer, str)
            initial = self.learning_rate if by_name else float(optimizer.learning_rate)
            steps, first = -(-n_rows // self.batch_size), self.n_iter_ if plan["resume"] else 0
            callbacks.append(CosineDecay(initial, self.epochs, steps, first))
        if plan["validation"] is not None and (plan["tune"] or self.early_stopping):
            start = plan["validation"] if plan["tune"] else None
            best = KeepBest(self.n_iter_no_change, start, self.batch_size)
            callbacks.append(best)
        plan["kept"] = KeepEpoch(best)
        return [*callbacks, plan["kept"]]

    def _check_training_data(self, X, y, plan):
        resume = plan["resume"]

        def check(X, y):
            return validate_data(
                self,
                X,
                y,
                reset=not resume,
                validate_separately=(
                    {"dtype": np.float32, "allow_nd": True},
                    {"dtype": np.float32, "allow_nd": True, "ensure_2d": False},
                ),
            )

        if isinstance(X, FileArray):
            for blocks in in_blocks(X, y):
                check(*blocks)
        else:
            X, y = check(X, y)
        check_layout(X, y, plan["architecture"].environment_frames)
        if resume:
            self._check_rows(X)
            expected = list(self._output_row_shape)
            if y.ndim > 2:
                expected[1] = y.shape[2]
            if list(y.shape[1:]) != expected:
                raise ValueError(
                    f"y has rows of shape {y.shape[1:]}, but the network that is trained further "
                    f"gives {tuple(expected)}; use fit with warm_start=False."
                )
        return X, y

    def _check_rows(self, X):
        """Raise a ValueError where the rows of `X` do not fit the fitted network."""
        check_before(X, self.architecture_.environment_frames)
        fitted, given = list(self._row_shape), list(X.shape[1:])
        any_n_frames = self.architecture_.any_n_frames
        if any_n_frames and len(fitted) == len(given) > 1:
            fitted[1] = given[1]
        if fitted != given:
            remedy = (
                ""
                if any_n_frames or len(fitted) < 2
                else " It takes only the number of frames that it was trained with: cut or pad X."
            )
            raise ValueError(
                f"X has rows of shape {X.shape[1:]}, but {type(self).__name__} was fitted on rows "
                f"of shape {self._row_shape}.{remedy}"
            )

    def _columns_for(self, X, y, plan):
        """Return what makes of targets what the loss is given."""
        return as_columns

    def _statistics(self, X, y, plan):
        """Return what a new network standardises by, of its ends."""
        from skse.networks._heads import features_of

        n_before = plan["architecture"].environment_frames
        mean, deviation = moments(X, partial(features_of, head=self.head, n_before=n_before))
        deviation = np.where(deviation > 0, deviation, 1).astype(np.float32)
        statistics = {"input_statistics": (mean, deviation)}
        if plan["activation"] == "linear" and self.head is None:
            statistics["output_statistics"] = moments(y)
        return statistics

    def _make_optimizer(self, scale):
        """Return the optimizer; `scale` is the standard deviation of the target."""
        from skse.networks._scikeras import make_optimizer

        return make_optimizer(built(self.optimizer), self.learning_rate, scale)

    def _new_regressor(self, X, y, plan):
        ends = dict.fromkeys(ENDS) | {"output_activation": plan["activation"]}
        if self.standardize:
            ends |= self._statistics(X, y, plan)
        rows = X.shape[1:], y.shape[1:] or (1,)
        shapes = [self._open_shape(plan["architecture"], shape) for shape in rows]
        return self._own_regressor(plan["architecture"], shapes, ends, plan["seed"])

    def _own_regressor(self, architecture, shapes, ends, seed):
        """Return a KerasRegressor that is not fitted; its network is built as told here."""
        from skse.networks._heads import compiled_loss
        from skse.networks._scikeras import OwnedKerasRegressor, build_network

        scale = 1.0
        if ends["output_statistics"] is not None:
            scale = float(np.sqrt(np.mean(np.square(ends["output_statistics"][1]))))
        options = {"architecture": architecture, "head": self.head, "ends": ends, "seed": seed}
        return OwnedKerasRegressor(
            partial(build_network, *shapes, **options),
            loss=compiled_loss(built(self.loss), self.head),
            optimizer=self._make_optimizer(scale),
        )

    def _trained_regressor(self, seed):
        """Return the trained KerasRegressor, rebuilt where a file was loaded."""
        saved = self.regressor_
        if not isinstance(saved, OnnxNetwork):
            return saved
        regressor = self._own_regressor(self.architecture_, saved.shapes, saved.ends, seed)
        return regressor.restore(saved.weights, self._row_shape, self._output_row_shape or (1,))

    @staticmethod
    def _open_shape(architecture, row_shape):
        """Shape of a row, with the number of frames left open where it may change."""
        if len(row_shape) < 2 or not architecture.any_n_frames:
            return tuple(row_shape)
        return (row_shape[0], None, *row_shape[2:])

    def __setstate__(self, state):
        super().__setstate__(state)
        trained = vars(self).get("regressor_")
        if trained is None or hasattr(self, "architecture_"):
            return
        # Of version 0.1, when architecture and ends were one list of arguments.
        if isinstance(trained, OnnxNetwork):
            arguments = vars(trained).pop("arguments", None) or trained.ends
            self.architecture_, trained.ends = from_arguments(type(self), arguments)
            return
        build = trained.model
        body = build.keywords.get("build", build)  # of a network that ends in a head
        self.architecture_, ends = from_arguments(type(self), body.keywords)
        shapes = build.args
        trained.model = self._own_regressor(self.architecture_, shapes, ends, seed=0).model


def _draw_seed(random_state):
    return int(random_state.randint(2**31 - 1))
