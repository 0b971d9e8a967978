"""How many cores to take."""

import os
import sys
from numbers import Integral

import joblib
from joblib.parallel import get_active_backend

# Starting processes takes as long as scoring some minutes of speech.
_WORTH_SECONDS = 300


def default_threads() -> int:
    """Count the cores to take: ``OMP_NUM_THREADS`` where set, else all that one may use.

    joblib, Dask and Ray set that variable for their workers, so that they share the cores.

    Returns
    -------
    n_threads : int

    Examples
    --------
    >>> from skse.utils import default_threads
    >>> default_threads() >= 1
    True
    """
    declared = os.environ.get("OMP_NUM_THREADS", "")
    return int(declared) if declared.isdigit() and int(declared) else joblib.cpu_count()


def default_jobs(speech_seconds: float) -> int:
    """Choose the number of processes to score speech in, where the user did not say.

    Parameters
    ----------
    speech_seconds : float
        How much there is to score.

    Returns
    -------
    n_jobs : int
        As :func:`default_threads`, at most one a core; 1 where starting others takes longer
        than they save.

    Examples
    --------
    >>> from skse.utils import default_jobs
    >>> default_jobs(10)
    1
    """
    if speech_seconds < _WORTH_SECONDS:
        return 1
    return min(default_threads(), joblib.cpu_count())


def count_jobs(owner: object, n_jobs: int | None) -> int:
    """Return the number of jobs that a parameter `n_jobs` means here.

    Parameters
    ----------
    owner : object or str
        The estimator (or function name) that has the parameter.
    n_jobs : int or None
        As in scikit-learn: None is 1, or what :class:`joblib.parallel_config` says; -1 is all
        cores, -2 all but one.

    Returns
    -------
    n_jobs : int
        1 in a worker of joblib, and in a task of Dask: the others have the other cores.

    Raises
    ------
    ValueError
        Where `n_jobs` is neither None nor an integer other than 0.

    Examples
    --------
    >>> from skse.utils import count_jobs
    >>> count_jobs("my_score", None), count_jobs("my_score", 2)
    (1, 2)
    """
    known = n_jobs is None or (isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool))
    if not known or n_jobs == 0:
        raise ValueError(
            f"{owner if isinstance(owner, str) else type(owner).__name__}: n_jobs={n_jobs!r} must "
            "be None, a number of processes, or -1 for all cores."
        )
    backend, _ = get_active_backend()
    return 1 if backend.nesting_level or this_worker() else joblib.effective_n_jobs(n_jobs)


def this_worker() -> str:
    """Return the address of the Dask worker that computes this.

    Returns
    -------
    address : str
        "" where this is no task of Dask.

    Examples
    --------
    >>> from skse.utils import this_worker
    >>> this_worker()
    ''
    """
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return ""
    try:
        return distributed.get_worker().address
    except ValueError:
        return ""
