"""Model files by URL and SHA-256: downloaded once, kept, checked whenever they are used."""

import re
from functools import partial
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from skse.persistence import ModelFileError
from skse.utils import digest, write_whole


def is_url(model):
    """Whether a model is named by a URL."""
    return isinstance(model, str) and re.match(r"[a-z][a-z0-9+.-]*://", model, re.I) is not None


def fetch_model(url):
    """Return the file that a URL with its hash names; download it where it is not there."""
    from skse.datasets import default_home, repeat

    address, _, fragment = url.partition("#")
    if urlsplit(address).scheme not in ("http", "https"):  # in lower case there
        raise ValueError(f"model={url!r} must begin with https:// or http://, or be a path.")
    sha256 = fragment.removeprefix("sha256=").lower()
    if not fragment.startswith("sha256=") or not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(
            f"model={url!r} must end in #sha256= and the 64 hexadecimal digits of the file, which "
            "sha256sum prints: what comes from elsewhere is checked."
        )
    if not urlsplit(address).path.endswith(".skse"):
        raise ValueError(f"model={url!r} must name a .skse file, which cannot run code.")
    path = default_home("models") / f"{sha256}.skse"
    if not path.is_file() or digest(path.read_bytes()) != sha256:
        advice = f"Download it by hand and pass its path, or put it at {path}."
        content = repeat(partial(_fetch, address, sha256), address, advice)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    return path


def _fetch(address, sha256):
    from skse.datasets import download

    with TemporaryFile() as file:
        download(address, file)
        file.seek(0)
        content = file.read()
    if (found := digest(content)) != sha256:
        raise ModelFileError(
            f"{address} cannot be loaded: it is not the file that is meant: its SHA-256 is "
            f"{found[:12]}..., expected {sha256[:12]}..."
        )
    return content
