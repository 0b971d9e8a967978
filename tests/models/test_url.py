import os

import pytest

import skse
from skse.models import find_model, load_model
from skse.persistence import ModelFileError
from skse.utils import digest


@pytest.fixture
def served(own_file, serve):
    """A server of a model file, its content, and the URL with the hash."""
    content = own_file.read_bytes()
    server = serve({"/own.skse": content})
    return server, content, f"{server.url}own.skse#sha256={digest(content)}"


def test_it_is_downloaded_once(served, home):
    server, content, url = served
    assert isinstance(load_model(url), skse.WienerFilter)
    path = find_model(url)
    assert path == home / "models" / f"{digest(content)}.skse"
    assert path.read_bytes() == content
    assert server.requests == ["/own.skse"]


def test_what_is_kept_and_was_damaged_is_downloaded_again(served):
    server, content, url = served
    path = find_model(url)
    path.write_bytes(content[:-1])
    assert find_model(url).read_bytes() == content
    assert len(server.requests) == 2


def test_another_file_than_was_meant(served, home):
    server, _, url = served
    server.broken["/own.skse"] = [lambda content: content[::-1]]
    with pytest.raises(ModelFileError, match="it is not the file that is meant: its SHA-256 is"):
        load_model(url)
    assert len(server.requests) == 1
    assert not home.exists()


def test_a_server_that_fails(served, home):
    server, content, url = served
    server.broken["/own.skse"] = [500, 500]
    assert find_model(url).read_bytes() == content
    server.broken["/own.skse"] = [404]
    find_model(url).unlink()
    with pytest.raises(OSError, match=r"own.skse could not be downloaded \(attempt 1\).*by hand"):
        find_model(url)
    assert os.listdir(home / "models") == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://example.org/a.skse", "must end in #sha256= and the 64 hexadecimal digits"),
        ("https://example.org/a.skse#sha256=12", "must end in #sha256="),
        ("https://example.org/a.skse#" + "0" * 64, "must end in #sha256="),
        ("file:///a.skse#sha256=" + "0" * 64, "must begin with https:// or http://"),
        ("https://example.org/a.joblib#sha256=" + "0" * 64, "must name a .skse file"),
    ],
)
def test_a_url_that_cannot_be_used(url, message):
    with pytest.raises(ValueError, match=message):
        find_model(url)
