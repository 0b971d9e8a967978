"""A local server that the fetchers download from."""

import http.server
import threading

import pytest

from skse.datasets import _download


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
