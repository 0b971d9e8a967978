"""Where data sets are kept, and how their files are downloaded."""

import os
import time
import zipfile
import zlib
from pathlib import Path

# What reading a damaged zip raises; RuntimeError where it claims to be encrypted.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)

_ATTEMPTS = 3
_PAUSE = 1.0  # s between attempts
_TIMEOUT = 30  # s


def default_home(name):
    """Return the folder of a data set below ``SKSE_DATA`` or the system's cache folder."""
    root = os.environ.get("SKSE_DATA")
    if root is None:
        import pooch

        root = pooch.os_cache("skse")
    return Path(root).expanduser() / name


def repeat(fetch, what, advice):
    """Try a download up to three times; a refusal (HTTP 4xx) is final.

    Parameters
    ----------
    fetch : callable
        Downloads and verifies; raises an OSError where it fails.
    what, advice : str
        What the message of the OSError to raise begins with, such as the URL, and ends with.

    Returns
    -------
    result : object
        What `fetch` returns.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return fetch()
        except OSError as error:
            response = getattr(error, "response", None)
            refused = response is not None and 400 <= response.status_code < 500
            if refused or attempt == _ATTEMPTS:
                raise OSError(
                    f"{what} could not be downloaded (attempt {attempt}): {error}. {advice}"
                ) from error
            time.sleep(_PAUSE)


def download(url, file, title=None):
    """Download into a file object, with a progress bar where there is a title."""
    import pooch
    from tqdm import tqdm

    options = {"chunk_size": 2**16, "timeout": _TIMEOUT}
    if title is None:
        pooch.HTTPDownloader(**options)(url, file, None)
        return
    # pooch sets the bar's total; until then it must not be None.
    with tqdm(desc=title, total=1, unit="B", unit_scale=True) as progress:
        pooch.HTTPDownloader(progressbar=progress, **options)(url, file, None)
