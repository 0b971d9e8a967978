"""A server of tiny data sets, the ways in which it fails, and the fetchers turned to it."""

import hashlib
import http.server
import io
import json
import os
import threading
import time
import zipfile
from contextlib import suppress

import numpy as np
import soundfile

SELECTION = {"noises": ["car"], "snr_db": [0, 15], "sentences": ["sp01", "sp30"]}
MS_SNSD = {
    "clean_test/clnsp1.wav": 1,
    "clean_test/clnsp2.wav": 2,
    "noise_test/Babble_1.wav": 3,
    "noise_test/Munching_2.wav": 4,
}


def _wav(seed, rate):
    file = io.BytesIO()
    x = np.random.default_rng(seed).uniform(-0.5, 0.5, 400)
    soundfile.write(file, x, rate, "PCM_16", format="WAV")
    return file.getvalue()


def _zip(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def _noizeus():
    """Files of NOIZEUS by folder and name."""
    folders = {"clean": {}, **{f"car_{snr}dB": {} for snr in SELECTION["snr_db"]}}
    for i, sentence in enumerate(SELECTION["sentences"]):
        folders["clean"][f"{sentence}.wav"] = _wav(i, 8000)
        for snr in SELECTION["snr_db"]:
            name = f"{sentence}_car_sn{snr}.wav"
            folders[f"car_{snr}dB"][name] = _wav(10 + i + snr, 8000)
    return folders


def _git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def contents() -> dict[str, bytes]:
    """All that is served, by path."""
    served = {f"/{folder}.zip": _zip(files) for folder, files in _noizeus().items()}
    tree = {path: _wav(seed, 16000) for path, seed in MS_SNSD.items()}
    root = []
    for folder in ("clean_test", "noise_test"):
        entries = [
            {
                "path": path.split("/")[1],
                "type": "blob",
                "size": len(content),
                "sha": _git_hash(content),
            }
            for path, content in tree.items()
            if path.startswith(folder)
        ]
        served[f"/trees/{folder}-sha"] = json.dumps({"tree": entries}).encode()
        root.append({"path": folder, "type": "tree", "sha": f"{folder}-sha"})
    served["/trees/master"] = json.dumps({"tree": root}).encode()
    served |= {f"/raw/{path}": content for path, content in tree.items()}
    served["/archive.zip"] = _zip({f"MS-SNSD-master/{path}": x for path, x in tree.items()})
    return served


def prepare_noizeus(url, **waits):
    """Turn fetch_noizeus to a server; return ``fetch(folder)``."""
    from skse.datasets import _noizeus as module
    from skse.datasets import fetch_noizeus

    hashes = {
        name: hashlib.sha256(content).hexdigest()
        for files in _noizeus().values()
        for name, content in files.items()
    }
    module._BASE_URL, module._read_hashes = url, lambda: hashes
    _hurry(**waits)
    return lambda home: fetch_noizeus(data_home=home, **SELECTION)


def prepare_ms_snsd(url, *, archive=False, **waits):
    """Turn fetch_ms_snsd to a server; return ``fetch(folder)``."""
    from skse.datasets import _ms_snsd as module
    from skse.datasets import fetch_ms_snsd

    module._RAW, module._TREES, module._ARCHIVE = (
        f"{url}{path}" for path in ("raw/", "trees/", "archive.zip")
    )
    _hurry(**waits)
    return lambda home: fetch_ms_snsd("test", data_home=home, archive=archive)


def prepare_ms_snsd_archive(url, **waits):
    """Turn fetch_ms_snsd to the archive of a server."""
    return prepare_ms_snsd(url, archive=True, **waits)


FETCHERS = {
    "fetch_noizeus": prepare_noizeus,
    "fetch_ms_snsd": prepare_ms_snsd,
    "fetch_ms_snsd archive": prepare_ms_snsd_archive,
}


def _hurry(timeout=30.0):
    from skse.datasets import _download

    _download._PAUSE, _download._TIMEOUT = 0, timeout


def _flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def _send(handler, content, length=None, status=200, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if length is not False:
        handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def _stall(handler, content, n_sent):
    if n_sent:
        _send(handler, content[:n_sent], len(content))
        handler.wfile.flush()
    time.sleep(3)


# What a server does in place of sending what was asked for. Those of RECOVERABLE are over when
# the request is made again; a fetcher may then succeed.
FAULTS = {
    "truncated": lambda h, c, url: _send(h, c[: len(c) // 2], len(c)),
    "truncated, length not sent": lambda h, c, url: _send(h, c[: len(c) // 2], False),
    "nothing": lambda h, c, url: _send(h, b""),
    "stalls before the first byte": lambda h, c, url: _stall(h, c, 0),
    "stalls half way": lambda h, c, url: _stall(h, c, len(c) // 2),
    "one byte changed": lambda h, c, url: _send(h, _flip(c)),
    "a page in its place": lambda h, c, url: _send(h, b"<html>not here</html>"),
    "another file": lambda h, c, url: _send(h, _zip({"other.wav": b"RIFF"})),
    "longer than it says": lambda h, c, url: _send(h, c + b"more", len(c)),
    "more at its end": lambda h, c, url: _send(h, c + b"more"),
    "redirects to itself": lambda h, c, url: _send(h, b"", None, 302, Location=h.path),
    "redirects to another": lambda h, c, url: _send(h, b"", None, 302, Location=f"{url}wrong"),
    "redirects to a file": lambda h, c, url: _send(h, b"", None, 302, Location="file:///etc/hosts"),
    "503": lambda h, c, url: _send(h, b"busy", None, 503),
    "404": lambda h, c, url: _send(h, b"gone", None, 404),
    "hangs up": lambda h, c, url: h.connection.close(),
}


class Server:
    """Serves :func:`contents`; `fault` and `times` say what is done to how many requests."""

    def __init__(self):
        self.files = contents() | {"/wrong": b"wrong"}
        self.path = self.fault = None
        self.n_left = self.n_requests = 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.n_requests += 1
                content = server.files.get(self.path)
                if content is None:
                    self.send_error(404)
                elif self.path == server.path and server.n_left > 0:
                    server.n_left -= 1
                    FAULTS[server.fault](self, content, server.url)
                else:
                    _send(self, content)

            def log_message(self, *args):
                pass

            def handle(self):
                with suppress(OSError):  # the other end was killed, or did not wait
                    super().handle()

            def finish(self):
                with suppress(OSError, ValueError):
                    super().finish()

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/"

    def start(self):
        """Serve in a thread of this process."""
        threading.Thread(target=self.httpd.serve_forever, args=(0.01,), daemon=True).start()


def serve_in_a_child():
    """Serve what is right from another process, until this one ends; set where."""
    server = Server()
    if os.fork() == 0:
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)  # die with the parent
        server.httpd.serve_forever(0.05)
    os.environ["SKSE_FAULTS_URL"] = server.url
    server.httpd.socket.close()
