"""Results that outlive their run: one file each, found again by what they were made from."""

import io
import json
import zipfile
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from skse.experiments._machine import PACKAGES
from skse.utils import digest, naming, replacing, write_whole
from skse.utils.typing import FilePath

# How a record is written. Another number, and records of before are not looked at.
_FORMAT = 3


class Record:
    """Results on disk, under a name that depends on all that they were made from.

    Parameters
    ----------
    folder : path-like
        Where it is.
    **made_from : dict
        All that the results depend on, in what JSON can hold: estimator (see
        :func:`describe`), digests (see :func:`skse.utils.digest`) of training *and* test
        data, metrics. The versions of skse and of what it computes with are added.

    Attributes
    ----------
    key : str
        The name.
    path : pathlib.Path
        File of the record. A record that exists is whole.

    Examples
    --------
    >>> import tempfile
    >>> from skse.experiments import Record
    >>> folder = tempfile.mkdtemp()
    >>> Record(folder, estimator="a", test="0c1d").write({"gain": 6.5})
    >>> Record(folder, estimator="a", test="0c1d").read()[0]
    {'gain': 6.5}
    >>> Record(folder, estimator="a", test="7f3e").path.exists()
    False
    """

    def __init__(self, folder: FilePath, **made_from: Any) -> None:
        versions = {package: version(package) for package in PACKAGES}
        self.key = digest(json.dumps([_FORMAT, versions, made_from], sort_keys=True))[:24]
        self.path = Path(folder) / f"{self.key}.npz"

    def write(self, results: dict[str, Any], waveforms: dict[str, Any] | None = None) -> None:
        """Write what came out.

        Parameters
        ----------
        results : dict
            In what JSON can hold.
        waveforms : dict of str to ndarray or None, default=None
            Waveforms to keep beside them.
        """
        with replacing(self.path) as part:
            np.savez_compressed(part, results=json.dumps(results), **(waveforms or {}))

    def read(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Read what was written.

        Returns
        -------
        results : dict
            As given to `write`, in the types of JSON.
        waveforms : dict of str to ndarray
            As given to `write`.

        Raises
        ------
        OSError
            Where it cannot be read, or was damaged since.
        """
        with naming(self.path):
            data = self.path.read_bytes()  # zipfile would take an error for damage
        try:
            with np.load(io.BytesIO(data)) as content:
                waveforms = {name: content[name] for name in content.files if name != "results"}
                return json.loads(str(content["results"])), waveforms
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise OSError(
                f"{self.path} is damaged ({error}); remove it, and what it held is computed anew."
            ) from error


def read_json(path):
    """Read a JSON file.

    Parameters
    ----------
    path : pathlib.Path
        File.

    Returns
    -------
    content : object
        An empty dict where there is no file that can be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from skse.experiments import read_json
    >>> read_json(Path("nowhere.json"))
    {}
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_json(path, content):
    """Write a JSON file, whole or not at all.

    Parameters
    ----------
    path : path-like
        File.
    content : object
        What JSON can hold.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.experiments import read_json, write_json
    >>> path = Path(tempfile.mkdtemp()) / "settings.json"
    >>> write_json(path, {"epochs": 2})
    >>> read_json(path)
    {'epochs': 2}
    """
    write_whole(path, json.dumps(content, indent=2) + "\n")
