"""Shared fixtures."""

import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers side by side share the cores; what a test starts, too. Before NumPy reads it.
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")

import numpy as np
import pytest
import soundfile

from skse.datasets import _download
from skse.utils import default_threads


@pytest.fixture(scope="session")
def noizeus_home():
    """Folder of the NOIZEUS corpus; the test is skipped where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "noizeus"
    home = Path(os.environ.get("SKSE_NOIZEUS", default))
    if not home.is_dir():
        pytest.skip("NOIZEUS is not here; set SKSE_NOIZEUS to its folder")
    return home


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def eagerly():
    """Let TensorFlow run as it goes: what trains for a step or two spends its time on tracing.

    Other processes trace all the same, and what they compute differs in rounding.
    """
    from skse.networks._tensorflow import load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Chromium without a window; the test is skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("Chromium and its driver are not here (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--autoplay-policy=no-user-gesture-required",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    browser = webdriver.Chrome(options=options, service=service)
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def start_dask():
    """Start clusters of Dask, each worker a process with as many threads in it as this one."""
    distributed = pytest.importorskip("distributed")
    import dask

    @contextmanager
    def start(n_workers=2, n_tasks=1):
        # What is said here for the workers is set in this process as well, whenever one starts.
        threads = {"OMP_NUM_THREADS": str(default_threads())}
        with (
            dask.config.set({"distributed.nanny.pre-spawn-environ": threads}),
            distributed.LocalCluster(
                n_workers=n_workers,
                threads_per_worker=n_tasks,
                dashboard_address=":0",
                silence_logs="CRITICAL",
            ) as cluster,
        ):
            yield cluster

    return start


@pytest.fixture(scope="session")
def dask_cluster(start_dask):
    """A cluster of two workers of Dask."""
    with start_dask() as cluster:
        yield cluster


@pytest.fixture
def write(tmp_path):
    """Write a waveform below the test's folder; return the path."""

    def write_audio(name, x, sampling_rate=8000, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, x, sampling_rate, **options)
        return path

    return write_audio


@pytest.fixture
def speech(rng):
    """Something of a voice in noise, 1 s at 8 kHz."""
    times = np.arange(8000) / 8000
    voice = np.sin(2 * np.pi * 300 * times) * (np.sin(2 * np.pi * 3 * times) > 0)
    return (0.2 * voice + 0.03 * rng.standard_normal(8000)).astype(np.float32)


@pytest.fixture
def streamed():
    """Pass a recording through a stream, block by block, and take the delay away."""

    def run(stream, x, size):
        rng = np.random.default_rng(0)
        blocks, begin = [], 0
        while begin < len(x):
            n = int(rng.integers(0, 400)) if size == "any" else size
            out = stream.process(x[begin : begin + n])
            assert out.dtype == np.float32
            assert len(out) == len(x[begin : begin + n])
            blocks.append(out)
            begin += n
        out = np.concatenate([*blocks, stream.flush()])
        assert len(out) == len(x) + stream.latency_samples_
        assert not out[: stream.latency_samples_].any()
        return out[stream.latency_samples_ :]

    return run


class Server:
    """Serves `files`; `broken` holds, per path, what to do with the next requests."""

    def __init__(self, files):
        self.requests, self.broken = [], {}
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append(self.path)
                queue = server.broken.get(self.path)
                fault = queue.pop(0) if queue else None
                content = files.get(self.path)
                if content is None or isinstance(fault, int):
                    self.send_error(fault or 404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(fault(content) if fault else content)

            def log_message(self, *args):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/"
        threading.Thread(target=self.httpd.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def serve(monkeypatch):
    """Start a server of ``path -> content``; no pause between attempts."""
    monkeypatch.setattr(_download, "_PAUSE", 0)
    servers = []

    def start(files):
        servers.append(Server(files))
        return servers[-1]

    yield start
    for server in servers:
        server.httpd.shutdown()
        server.httpd.server_close()
