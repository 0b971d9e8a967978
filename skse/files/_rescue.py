"""What was trained is kept somewhere, whatever becomes of the file it was meant for."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib

from skse.utils.typing import FilePath


class NotSavedError(OSError):
    """A trained enhancer that could not be written to its file.

    Parameters
    ----------
    path : str or path-like
        The file.
    enhancer : estimator
        What was trained, as ``error.enhancer``.
    kept_at : Path or None
        Where it is kept instead, as ``error.kept_at``.

    Examples
    --------
    >>> from skse.files import NotSavedError
    >>> print(NotSavedError("model.skse", None, None))
    model.skse: what was trained could not be saved; it is in `enhancer` of this error.
    """

    def __init__(self, path: FilePath, enhancer: Any, kept_at: Path | None) -> None:
        super().__init__(path)
        self.path, self.enhancer, self.kept_at = str(path), enhancer, kept_at

    def __str__(self):
        reason = "what was trained could not be saved"
        if self.__cause__ is not None:
            text = " ".join(str(self.__cause__).split()) or type(self.__cause__).__name__
            reason += f" ({getattr(self.__cause__, 'strerror', None) or text})"
        if self.kept_at is None:
            return f"{self.path}: {reason}; it is in `enhancer` of this error."
        return (
            f"{self.path}: {reason}; it is kept in {self.kept_at}: joblib.load reads it, and "
            "skse.save writes what it gives where there is room."
        )


def save_or_keep(save: Callable[[], Any], enhancer: Any, path: Path) -> None:
    """Save what was trained; where that fails, keep it in another file.

    Parameters
    ----------
    save : callable
        Saves it.
    enhancer : estimator
        Fitted.
    path : Path
        File that `save` writes.

    Raises
    ------
    NotSavedError
        Where `save` fails.
    """
    try:
        save()
    except Exception as error:  # of converters too, which raise anything
        # A disk that fails once is not asked again.
        folders = [Path(tempfile.gettempdir()), Path.home()]
        if not isinstance(error, OSError):
            folders.insert(0, path.parent)
        raise NotSavedError(path, enhancer, _keep(enhancer, path.stem, folders)) from error


def _keep(enhancer, stem, folders):
    """Pickle an enhancer to a new file in the first folder that takes it; return the file."""
    for folder in folders:
        kept = None
        try:
            with tempfile.NamedTemporaryFile(
                dir=folder, prefix=f"{stem}-", suffix=".joblib", delete=False
            ) as file:
                kept = Path(file.name)
                joblib.dump(enhancer, file)
            return kept
        except Exception:  # whatever a part of one's own raises when it is pickled
            if kept is not None:
                kept.unlink(missing_ok=True)
    return None


def check_folder(caller: str, path: Path) -> None:
    """Raise the system's error where no file can be made beside `path`, before it is missed.

    Parameters
    ----------
    caller : str
        Whom the message names.
    path : Path
        File to be written later.

    Raises
    ------
    OSError
        Naming `path`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        reason = f"{caller}: no file can be written there: {error.strerror}"
        raise OSError(error.errno, reason, str(path)) from error
