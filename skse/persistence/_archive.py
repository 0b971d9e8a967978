"""The zip file of a model: written at one go, read within bounds, every member checked."""

import json
import os
import re
import stat
import zipfile
from pathlib import Path

from skse import __version__
from skse.utils import digest, naming, replacing

FORMAT = "skse model"
FORMAT_VERSION = 2
MANIFEST = "manifest.json"
# Where a member is compressed, no more than this comes out of it. Arrays are not: they hardly
# shrink, and so the file itself bounds what they take.
_MOST_TEXT = 16 * 2**20
_MOST_MEMBERS = 4096
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_TEXT = (".json", ".md")
_SUFFIXES = (*_TEXT, ".npy", ".onnx", ".safetensors")
_CHUNK = 2**20


class ModelFileError(ValueError):
    """A model file that is damaged, too new, or holds what a model file may not hold.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import skse
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "speech.skse"
    >>> size = path.write_bytes(b"RIFF")
    >>> skse.load(path)
    Traceback (most recent call last):
    ...
    skse.persistence._archive.ModelFileError: ...speech.skse cannot be loaded: it is no model file.
    """


def write_archive(path, members):
    """Write a model file. Where that fails, what was there before is left alone.

    Parameters
    ----------
    path : pathlib.Path
        Where to.
    members : dict of str to bytes
        Content by name.
    """
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "skse_version": __version__,
        "members": {
            name: {"size": len(data), "sha256": digest(data)} for name, data in members.items()
        },
    }
    members = {MANIFEST: json.dumps(manifest, indent=1).encode(), **members}
    with replacing(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, data in members.items():
            text = name.endswith(_TEXT) and len(data) <= _MOST_TEXT
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED)


class Archive:
    """A model file that is read.

    Opening it checks the list of its members; reading one checks its content.
    Nothing is ever written to disk.

    Parameters
    ----------
    path : str or path
        The file.

    Raises
    ------
    ModelFileError
        Where it is no model file, damaged, or from a newer version.
    OSError
        Where it cannot be read.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._file = open(self.path, "rb")  # noqa: SIM115  closed in __exit__
        try:
            self._zip = self._open()
            infos = self._zip.infolist()
            self._check_list(infos)
            self._infos = {info.filename: info for info in infos}
            self._declared = self._read_manifest()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()

    @property
    def names(self):
        """Names of the members, the manifest left out."""
        return list(self._declared)

    def read(self, name):
        """Return the content of a member, bytes."""
        if name not in self._declared:
            raise self.error(f"it has no member {name!r}")
        data = self._read(name)
        declared = self._declared[name]
        if len(data) != declared["size"] or digest(data) != declared["sha256"]:
            raise self.error(f"its member {name!r} was changed after it was written")
        return data

    def read_json(self, name):
        """Return the content of a member that holds JSON."""
        return self._parse(name, self.read(name))

    def error(self, reason):
        """Return the error that says why this file cannot be used."""
        return ModelFileError(f"{self.path} cannot be loaded: {reason}.")

    def _open(self):
        try:
            with naming(self.path):
                start = self._file.read(4)
                return zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            self._read_all()
            if start[:2] == b"PK":
                raise self.error(f"it is cut off or damaged ({error})") from error
            raise self.error(f"it is no model file{_hint(self.path, start)}") from error

    def _read_all(self):
        """Raise the error of a file that cannot be read, which zipfile takes for damage."""
        with naming(self.path):
            self._file.seek(0)
            while self._file.read(_CHUNK):
                pass

    def _check_list(self, infos):
        if len(infos) > _MOST_MEMBERS:
            raise self.error(f"it has {len(infos)} members, more than {_MOST_MEMBERS}")
        names = [info.filename for info in infos]
        for name in names:
            if not _NAME.fullmatch(name) or ".." in name or not name.endswith(_SUFFIXES):
                raise self.error(f"its member {name!r} has a name that no model file uses")
        if len({name.lower() for name in names}) < len(names):
            raise self.error("it has two members of one name")
        for info in infos:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG) or info.flag_bits & 1:
                raise self.error(f"its member {info.filename!r} is a link or encrypted")
            stored = info.compress_type == zipfile.ZIP_STORED
            if info.orig_filename != info.filename or not (
                info.file_size == info.compress_size
                if stored
                else info.compress_type == zipfile.ZIP_DEFLATED and info.file_size <= _MOST_TEXT
            ):
                raise self.error(
                    f"its member {info.filename!r} claims {info.file_size} bytes; what is "
                    f"compressed may hold {_MOST_TEXT}"
                )
        if sum(info.compress_size for info in infos) > os.fstat(self._file.fileno()).st_size:
            raise self.error("its members overlap")

    def _read(self, name):
        """Content of a member, unpacked piece by piece: never more than it declares."""
        info = self._infos[name]
        pieces = []
        try:
            with self._zip.open(info) as member:
                while piece := member.read(_CHUNK):
                    pieces.append(piece)
        except Exception as error:  # zlib.error, for one, derives from nothing narrower
            raise self.error(f"its member {name!r} is damaged ({error})") from error
        return b"".join(pieces)

    def _read_manifest(self):
        if MANIFEST not in self._infos:
            raise self.error("it is a zip file, but no model file: it has no manifest.json")
        if self._infos[MANIFEST].file_size > _MOST_TEXT:
            raise self.error(f"its manifest.json exceeds {_MOST_TEXT} bytes")
        manifest = self._parse(MANIFEST, self._read(MANIFEST))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise self.error("its manifest.json does not describe an skse model")
        version = manifest.get("format_version")
        if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
            writer = str(manifest.get("skse_version"))[:20]
            raise self.error(
                f"skse {writer} wrote it in format {str(version)[:20]}, this skse {__version__} "
                f"reads formats 1 to {FORMAT_VERSION}; update skse"
            )
        self.format_version = version
        declared = manifest.get("members")
        if not isinstance(declared, dict) or not all(
            isinstance(entry, dict) and entry.keys() >= {"size", "sha256"}
            for entry in declared.values()
        ):
            raise self.error("its manifest.json does not list its members")
        if declared.keys() != self._infos.keys() - {MANIFEST}:
            odd = sorted(declared.keys() ^ (self._infos.keys() - {MANIFEST}))
            raise self.error(f"manifest and members disagree on {odd[0]!r}")
        return declared

    def _parse(self, name, data):
        try:
            return json.loads(data, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise self.error(f"its member {name!r} is not JSON ({error})") from error


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def _hint(path, start):
    if path.suffix in (".joblib", ".pkl", ".pickle") or start[:1] == b"\x80":
        return (
            ". Use joblib.load for a file of joblib or pickle, and only where you trust its "
            "origin: loading it can run any code"
        )
    return ""
