"""Progress bars, also where there is nowhere to show them."""

import io
import os
import sys
from typing import Any


def progress_bar(*arguments: Any, show: bool = True, **options: Any) -> Any:
    """Return a bar of tqdm on the error stream.

    Parameters
    ----------
    *arguments : object
        As for ``tqdm.tqdm``: what to count, where it is not counted by hand.
    show : bool, default=True
        Whether to show it. It never is where the error stream is closed or None, as in a
        process without a terminal.
    **options : dict
        As for ``tqdm.tqdm``, such as `total` and `desc`.

    Returns
    -------
    bar : tqdm.tqdm

    Examples
    --------
    >>> from skse.utils import progress_bar
    >>> [x**2 for x in progress_bar(range(3), show=False)]
    [0, 1, 4]
    """
    from tqdm import tqdm

    return tqdm(*arguments, disable=not (show and _can_show()), dynamic_ncols=True, **options)


def _can_show():
    try:
        os.fstat(sys.stderr.fileno())
    except io.UnsupportedOperation:
        return True  # a stream without a file, such as a notebook's
    except (AttributeError, OSError, ValueError):
        return hasattr(sys.stderr, "write") and not hasattr(sys.stderr, "fileno")
    return True
