"""Model files: .skse, which cannot run code, and .joblib."""

import os
from functools import lru_cache
from pathlib import Path

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skse.enhancement import BaseEnhancer
from skse.models import find_model
from skse.utils import replacing

SUFFIXES = (".skse", ".joblib")


class ModelError(ValueError):
    """A model file that cannot be used; says why in one line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skse.files import ModelError, enhance_files
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("talk.wav", "model.joblib"):
    ...     written = (folder / name).write_text("nonsense")
    >>> try:
    ...     enhance_files([folder / "talk.wav"], folder / "out", model=folder / "model.joblib")
    ... except ModelError as error:
    ...     print(str(error).partition("model.joblib: ")[2].partition(":")[0])
    cannot be loaded
    """


def check_suffix(path):
    """Raise a ValueError unless a path names one of the two kinds of file."""
    if Path(path).suffix not in SUFFIXES:
        raise ValueError(f"{path}: a model file must be named .skse or .joblib.")


def save_model(enhancer, path, card=None):
    """Save a fitted enhancer, whole or not at all, in the kind of file that `path` names."""
    path = Path(path)
    check_suffix(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".skse":
        from skse.persistence import save

        save(enhancer, path, card=card)
        return
    import joblib

    with replacing(path) as part:
        joblib.dump(enhancer, part)


def find_file(model):
    """Return the file of a model's name, path or URL; raise a ModelError for one that is none."""
    try:
        path = find_model(model)
    except ValueError as error:
        raise ModelError(str(error)) from error
    if not path.is_file():
        raise ModelError(f"{path}: no such file")
    return path


def load_model(model, trusted=()):
    """Return a fitted enhancer from a file, or the one that is given.

    `trusted` is that of :func:`skse.load`.

    Raises
    ------
    ModelError
        Naming the file and what is wrong with it.
    """
    if isinstance(model, (str, os.PathLike)):
        path = find_file(model)
        name = str(path)
        stat = path.stat()
        trusted = trusted if isinstance(trusted, str) else tuple(trusted)
        model = _load(name, trusted, stat.st_mtime_ns, stat.st_size)
    else:
        name = f"model={type(model).__name__}"
    model = getattr(model, "best_estimator_", model)
    if not isinstance(model, BaseEnhancer):
        raise ModelError(
            f"{name}: holds {type(model).__name__}; expected a fitted enhancer of skse, such as "
            "SpeechEnhancer"
        )
    try:
        check_is_fitted(model)
        model.check_ready(model.sampling_rate_)
    except NotFittedError:
        raise ModelError(f"{name}: {type(model).__name__} is not fitted") from None
    except (ValueError, TypeError, AttributeError) as error:  # a file that was edited
        raise ModelError(f"{name}: cannot be used: {error}") from error
    return model


@lru_cache(maxsize=4)
def _load(name, trusted, modified, size):
    """Load a file once in every process and for every state of it."""
    try:
        if Path(name).suffix == ".joblib":
            import joblib

            return joblib.load(name)
        from skse.persistence import load

        return load(name, trusted=trusted)
    except Exception as error:  # a damaged pickle can raise anything
        text = " ".join(str(error).split()) or type(error).__name__
        if not text.startswith(name):
            text = f"{name}: cannot be loaded: {text}"
        raise ModelError(text) from error
