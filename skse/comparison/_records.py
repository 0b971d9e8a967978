"""Results that outlive their run: one file for every fit, found again by its content."""

import json
import time
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, clone

from skse.comparison._candidates import enhance
from skse.metrics import evaluate, mean_of_defined
from skse.networks import AutoencoderRegressor, UNetRegressor
from skse.utils import digest, replacing

# What a record holds. Another number, and records of before are not looked at.
_FORMAT = 2


class RecordedEstimator(BaseEstimator):
    """Fit an estimator, unless the scores of that very fit are on record.

    Parameters
    ----------
    estimator : estimator, default=None
        What is fitted.
    folder : str, default=None
        Folder of the records.
    sampling_rate : int, default=None
        Hz.
    metrics : tuple of str, default=()
        What is scored, as for :func:`~skse.metrics.evaluate`.
    examples : tuple of str, default=()
        Digests (see :func:`~skse.utils.digest`) of the noisy waveforms whose enhanced form is
        recorded.

    Attributes
    ----------
    record_ : Record
        Where the scores are, or will be.
    estimator_ : estimator or None
        The fitted estimator; None where a record made the fit unnecessary.
    fit_time_ : float
        Seconds that the fit took.
    """

    def __init__(self, estimator=None, folder=None, sampling_rate=None, metrics=(), examples=()):
        self.estimator = estimator
        self.folder = folder
        self.sampling_rate = sampling_rate
        self.metrics = metrics
        self.examples = examples

    def fit(self, X, y):
        """Fit `estimator`, or find the record of it."""
        self.record_ = self.record_for(digest(X, y))
        self.estimator_, self.fit_time_ = None, 0.0
        if not self.record_.path.exists():
            load_tensorflow_for(self.estimator)
            begin = time.perf_counter()
            self.estimator_ = clone(self.estimator).fit(X, y)
            self.fit_time_ = time.perf_counter() - begin
        return self

    def record_for(self, training_digest):
        """Return the Record of a fit on the data that have this digest."""
        settings = [spell(self.estimator), list(self.metrics), list(self.examples)]
        versions = [version(package) for package in ("skse", "keras", "tensorflow")]
        text = json.dumps([_FORMAT, settings, versions, training_digest])
        return Record(Path(self.folder) / f"{digest(text)[:24]}.npz")


class Record:
    """The scores of one fit, and what it made of the examples.

    Parameters
    ----------
    path : Path
        File of the record. A record that exists is complete.
    """

    def __init__(self, path):
        self.path = path

    def write(self, scores, utterances, examples):
        """Write what came out of a fit.

        Parameters
        ----------
        scores : dict of str to float
            Means over the test fold.
        utterances : dict of str to ndarray of shape (n_utterances,)
            Every metric of every utterance, in the order of the test fold.
        examples : dict of str to ndarray
            Enhanced waveforms by digest.
        """
        listed = {name: [float(x) for x in values] for name, values in utterances.items()}
        with replacing(self.path) as part:
            np.savez_compressed(
                part, scores=json.dumps(scores), utterances=json.dumps(listed), **examples
            )

    def read_scores(self):
        """Return the scores as a dict."""
        with np.load(self.path) as content:
            return json.loads(str(content["scores"]))

    def read_utterances(self):
        """Return every metric of every utterance, in the order of the test fold."""
        with np.load(self.path) as content:
            read = json.loads(str(content["utterances"]))
        return {name: np.array(values) for name, values in read.items()}

    def read_examples(self):
        """Return the enhanced examples that were in the test fold, by digest."""
        with np.load(self.path) as content:
            names = set(content.files) - {"scores", "utterances"}
            return {name: content[name] for name in names}


def score_recorded(recorded, X, y):
    """Score a fitted `RecordedEstimator` on held-out pairs: `scoring` of a search.

    Parameters
    ----------
    recorded : RecordedEstimator
        Fitted.
    X, y : list of ndarray
        Noisy and clean waveforms that it has not seen.

    Returns
    -------
    scores : dict of str to float
        Mean of every metric over the utterances (errors are positive), NaN ignored, and
        ``fit_time``.
    """
    record = recorded.record_
    if recorded.estimator_ is not None:
        enhanced = enhance(recorded.estimator_, X, y)
        by_metric = evaluate(
            y, enhanced, X, sampling_rate=recorded.sampling_rate, metrics=recorded.metrics
        )
        scores = {name: mean_of_defined(values) for name, values in by_metric.items()}
        scores["fit_time"] = recorded.fit_time_
        digests = [digest([x]) for x in X]
        examples = {d: e for d, e in zip(digests, enhanced, strict=True) if d in recorded.examples}
        record.write(scores, by_metric, examples)
    return record.read_scores()


def spell(value):
    """Spell out an estimator with all of its parameters, the same in every process."""
    if not hasattr(value, "get_params"):
        return repr(value)
    parameters = sorted(value.get_params(deep=False).items())
    listed = ", ".join(f"{name}={spell(inner)}" for name, inner in parameters)
    return f"{type(value).__name__}({listed})"


def load_tensorflow_for(estimator):
    """Load TensorFlow where an estimator is going to train a network."""
    if isinstance(getattr(estimator, "regressor", None), (AutoencoderRegressor, UNetRegressor)):
        load_tensorflow()


@lru_cache(maxsize=1)
def load_tensorflow():
    """Train a network of a few weights, lest the first fit be charged for the start."""
    UNetRegressor(filters=(1,), dilations=(), epochs=1).fit(np.ones((2, 4)), np.ones((2, 4)))
