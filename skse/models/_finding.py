"""A model's name, path or URL to its file, and to the enhancer in it."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from skse.models._registry import available_models
from skse.models._url import fetch_model, is_url
from skse.persistence import ModelFileError, load
from skse.utils import digest
from skse.utils.typing import FilePath


def load_model(
    model: FilePath, *, n_threads: int | None = None, trusted: Sequence[str] = ()
) -> Any:
    """Load an enhancer by its name: one that comes with skse, or any model file.

    Parameters
    ----------
    model : str or path-like
        Name, path or URL, as for :func:`find_model`.
    n_threads : int or None, default=None
        As for :func:`skse.load`.
    trusted : sequence of str, default=()
        As for :func:`skse.load`.

    Returns
    -------
    enhancer : SpeechEnhancer
        Fitted. It predicts without TensorFlow.

    Raises
    ------
    ValueError
        As :func:`find_model` and :func:`skse.load`.
    OSError
        Where a file cannot be read or downloaded.

    See Also
    --------
    skse.StreamingEnhancer : For blocks as they arrive.
    skse.files.enhance_files : For recordings in files.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.models import load_model
    >>> enhancer = load_model("speech-16k")
    >>> noisy = 0.1 * np.random.default_rng(0).standard_normal(16000)
    >>> enhanced = enhancer.predict([noisy], sampling_rate=16000)[0]
    >>> len(enhanced)
    16000
    """
    return load(find_model(model), n_threads=n_threads, trusted=trusted)


def find_model(model: FilePath) -> Path:
    """Find the file of a model, and check that it is the one that is meant.

    Parameters
    ----------
    model : str or path-like
        A key of :func:`available_models`, which is checked against its SHA-256; a path (a
        file that is named like a key is written ``./speech-16k``); or
        ``https://.../name.skse#sha256=...``, which is downloaded once, checked, and kept in
        ``models`` below the folder that the environment variable ``SKSE_DATA`` names, or else
        below the cache folder of the operating system.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        For a name that does not exist, and a URL without a hash.
    skse.persistence.ModelFileError
        Where the SHA-256 differs.
    OSError
        Where nothing can be downloaded.

    Examples
    --------
    >>> from skse.models import find_model
    >>> find_model("speech-8k").name
    'speech-8k.skse'
    >>> find_model("speech16k")
    Traceback (most recent call last):
    ...
    ValueError: model='speech16k' is neither a file nor a model of skse ...
    """
    records = available_models()
    if model in records:
        return _checked(records[str(model)])
    if is_url(model):
        return fetch_model(str(model))
    path = Path(model)
    if isinstance(model, str) and re.fullmatch(r"[\w-]*", model) and not path.is_file():
        near = difflib.get_close_matches(model, records, n=1)
        raise ValueError(
            f"model={model!r} is neither a file nor a model of skse ({', '.join(records)})"
            + (f"; did you mean {near[0]!r}?" if near else ".")
        )
    return path


def _checked(record):
    """Return the file of a record, whose bytes are those that were registered."""
    found = digest(record.path.read_bytes())
    if found != record.sha256:
        raise ModelFileError(
            f"{record.path} cannot be loaded: it is damaged or was replaced: its SHA-256 is "
            f"{found[:12]}..., expected {record.sha256[:12]}...; install skse anew."
        )
    return record.path
