import io

import pytest

from skse.datasets._download import default_home, download, repeat


def failing(errors):
    """Fail in these ways, then succeed."""
    queue = list(errors)

    def fetch():
        if queue:
            raise queue.pop(0)
        return "content"

    return fetch, queue


class RefusalError(OSError):
    def __init__(self, status_code):
        super().__init__(f"status {status_code}")
        self.response = self
        self.status_code = status_code


@pytest.mark.parametrize("n_failures", [0, 1, 2])
def test_a_download_is_tried_three_times(serve, n_failures):
    fetch, _ = failing([OSError("cut off")] * n_failures)
    assert repeat(fetch, "it", "Call again.") == "content"


def test_the_last_error_is_said_with_what_to_do(serve):
    fetch, left = failing([OSError("one"), OSError("two"), OSError("three"), OSError("four")])
    message = r"^a\.zip could not be downloaded \(attempt 3\): three\. Call again\.$"
    with pytest.raises(OSError, match=message):
        repeat(fetch, "a.zip", "Call again.")
    assert len(left) == 1


@pytest.mark.parametrize(("status", "n_attempts"), [(404, 1), (403, 1), (500, 3), (503, 3)])
def test_a_refusal_is_final(serve, status, n_attempts):
    fetch, left = failing([RefusalError(status)] * 5)
    with pytest.raises(OSError, match=rf"\(attempt {n_attempts}\): status {status}\."):
        repeat(fetch, "it", "")
    assert len(left) == 5 - n_attempts


def test_what_is_no_matter_of_the_network_is_not_repeated(serve):
    fetch, left = failing([ValueError("a bug")] * 2)
    with pytest.raises(ValueError, match="a bug"):
        repeat(fetch, "it", "")
    assert len(left) == 1


@pytest.mark.parametrize("title", [None, "file.bin"])
def test_download(serve, capsys, title):
    content = bytes(range(256)) * 1000
    server = serve({"/file": content})
    file = io.BytesIO()
    download(f"{server.url}file", file, title)
    assert file.getvalue() == content
    assert ("file.bin" in capsys.readouterr().err) == (title is not None)


def test_default_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SKSE_DATA", str(tmp_path))
    assert default_home("noizeus") == tmp_path / "noizeus"
    monkeypatch.setenv("SKSE_DATA", "~/data")
    assert default_home("x").is_absolute()
