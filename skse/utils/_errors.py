"""The error of a file that cannot be used."""

from skse.utils.typing import FilePath


class UnusableFileError(Exception):
    """A file that cannot be used.

    Parameters
    ----------
    path : str or path-like
        The file.
    reason : str
        What is wrong with it.

    Examples
    --------
    >>> from skse.utils import UnusableFileError
    >>> str(UnusableFileError("talk.wav", "no samples in it"))
    'talk.wav: no samples in it'
    """

    def __init__(self, path: FilePath, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = str(path), reason

    def __str__(self):
        return f"{self.path}: {self.reason}"
