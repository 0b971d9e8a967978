"""The fits of a comparison, each on one fold, with a record of what came out."""

import time
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from skse.comparison._candidates import Candidate
from skse.enhancement import SpeechEnhancer, seconds_saved
from skse.experiments import Record, describe, start_tensorflow
from skse.metrics import evaluate, mean_of_defined
from skse.networks import BaseNetworkRegressor
from skse.utils import digest

# Megabytes of STFTs and features that all candidates see, kept by each process.
_SHARED_MB = 256


@dataclass(frozen=True)
class Fold:
    """Training and test pairs.

    Parameters
    ----------
    train, test : tuple of list of ndarray
        Noisy and clean waveforms.
    places : ndarray of int
        Places of the test pairs in the data.
    examples : list of int
        Which of the test pairs are kept as enhanced.
    """

    train: tuple
    test: tuple
    places: np.ndarray
    examples: list


@dataclass(frozen=True)
class Fit:
    """A candidate on a fold.

    Parameters
    ----------
    candidate : Candidate
        Of the comparison.
    fold : Fold
        What it is trained on and tested on.
    record : Record
        Where the result is, or will be.
    """

    candidate: Candidate
    fold: Fold
    record: Record

    @property
    def trains_a_network(self):
        """Whether TensorFlow is needed."""
        return needs_tensorflow(self.candidate)

    def compute(self, sampling_rate, metrics, n_jobs=1):
        """Fit, score on the test pairs, and leave a record.

        Parameters
        ----------
        sampling_rate : int
            Hz.
        metrics : list of str
            What is scored, as for :func:`~skse.metrics.evaluate`.
        n_jobs : int, default=1
            Processes to score in.

        Returns
        -------
        name : str
            Of the candidate.
        gain_db : float
            Its mean SNR gain.
        """
        train, test, examples = self.task()
        measured = measure(
            self.candidate, train, test, examples, sampling_rate, metrics, n_jobs=n_jobs
        )
        return self.keep(*measured)

    def task(self):
        """Return the pairs to train on and to test on, and which of these are kept."""
        return self.fold.train, self.fold.test, self.fold.examples

    def keep(self, results, waveforms):
        """Leave a record of what :func:`measure` returned; return what `compute` does."""
        self.record.write(results, waveforms)
        return self.candidate.name, mean_of_defined(results["scores"]["snr_gain"])

    def read(self):
        """Read the record.

        Returns
        -------
        fit_time : float
            Seconds.
        scores : dict of str to ndarray of shape (n_test_pairs,)
            Every metric of every test pair.
        examples : dict of int to ndarray
            Enhanced waveforms by place in the data.
        """
        results, waveforms = self.record.read()
        scores = {name: np.array(values, float) for name, values in results["scores"].items()}
        examples = {int(self.fold.places[int(i)]): x for i, x in waveforms.items()}
        return results["fit_time"], scores, examples


def measure(candidate, train, test, examples, sampling_rate, metrics, n_jobs=1):
    """Fit a candidate and score it on the test pairs, in whatever process.

    Parameters
    ----------
    candidate : Candidate
        Of the comparison.
    train, test, examples : tuple, tuple, list of int
        As of a :class:`Fold`.
    sampling_rate, metrics, n_jobs : int, list of str, int
        As of :meth:`Fit.compute`.

    Returns
    -------
    results : dict
        ``fit_time`` in seconds, and ``scores``, a list for every metric.
    waveforms : dict of str to ndarray
        Enhanced examples, by their place among the test pairs.
    """
    if needs_tensorflow(candidate):
        start_tensorflow()
    begin, saved = time.perf_counter(), seconds_saved()
    fitted = clone(candidate.estimator)
    if isinstance(fitted, SpeechEnhancer):
        fitted.set_params(stft_cache_mb=max(fitted.stft_cache_mb, _SHARED_MB))
    if candidate.kind != "ceiling":
        fitted.fit(*train)
    # What an earlier candidate computed counts for all, whatever their order.
    seconds = time.perf_counter() - begin + seconds_saved() - saved
    noisy, clean = test
    enhanced = candidate.enhance(fitted, noisy, clean)
    scores = evaluate(
        clean, enhanced, noisy, sampling_rate=sampling_rate, metrics=metrics, n_jobs=n_jobs
    )
    listed = {name: [float(x) for x in values] for name, values in scores.items()}
    return {"fit_time": seconds, "scores": listed}, {str(i): enhanced[i] for i in examples}


def needs_tensorflow(candidate):
    """Whether a candidate trains a network."""
    network = getattr(candidate.estimator, "regressor", None)
    return candidate.kind == "candidate" and isinstance(network, BaseNetworkRegressor)


def make_folds(noisy, clean, groups, n_splits, examples):
    """Cut pairs into folds that keep groups together; `examples` are places in the data."""

    def take(places):
        return [noisy[i] for i in places], [clean[i] for i in places]

    return [
        Fold(take(train), take(test), test, np.flatnonzero(np.isin(test, examples)).tolist())
        for train, test in GroupKFold(n_splits).split(noisy, clean, groups)
    ]


def plan_fits(candidates, folds, folder, **scoring):
    """List the fits of every candidate, and where the result of each is kept.

    Parameters
    ----------
    candidates : list of Candidate
        What is compared.
    folds : list of Fold
        On what.
    folder : Path
        Of the records.
    **scoring : dict
        Arguments of :meth:`Fit.compute`.

    Returns
    -------
    fits : list of list of Fit
        One a fold, for every candidate.
    """
    data = [
        {"train": digest(*fold.train), "test": digest(*fold.test), "examples": fold.examples}
        for fold in folds
    ]
    planned = []
    for candidate in candidates:
        made_from = {"kind": candidate.kind, "estimator": describe(candidate.estimator), **scoring}
        records = [Record(folder, **made_from, **own) for own in data]
        planned.append([Fit(candidate, *pair) for pair in zip(folds, records, strict=True)])
    return planned
