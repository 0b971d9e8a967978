"""The fits of a comparison on the workers of a Dask cluster."""

from sklearn.base import clone

from skse.comparison._fits import measure


def compute_on_cluster(fits, scoring, cluster, bar):
    """Compute fits on workers, and leave their records here.

    Parameters
    ----------
    fits : list of Fit
        What is missing.
    scoring : dict
        Arguments of `Fit.compute`.
    cluster : Cluster
        Whose workers compute.
    bar : tqdm
        Shows each as it ends.

    Raises
    ------
    Exception
        Whatever a fit raises.
    """
    folds = {id(fit.fold): fit for fit in fits}
    sent = {key: cluster.share(fit.task()) for key, fit in folds.items()}
    tasks = [(fit.candidate, sent[id(fit.fold)], scoring) for fit in fits]
    for place, measured, error in cluster.compute(_measure_there, tasks):
        if error is not None:
            raise error
        name, gain_db = fits[place].keep(*measured)
        bar.set_postfix_str(f"last: {name} {gain_db:+.1f} dB", refresh=False)
        bar.update()


def cluster_fit(cluster):
    """Return a function that does on a worker what :func:`fit_anew` does here."""

    def fit(estimator, noisy, clean):
        ((_, fitted, error),) = cluster.compute(fit_anew, [(estimator, noisy, clean)])
        if error is not None:
            raise error
        return fitted

    return fit


def fit_anew(estimator, noisy, clean):
    """Fit a clone of an estimator, and return it."""
    return clone(estimator).fit(noisy, clean)


def _measure_there(candidate, task, scoring):
    return measure(candidate, *task, **scoring)
