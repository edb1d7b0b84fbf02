"""Sending the metrics to a server."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import numpy as np
import pytest

from minikeras.callbacks import RemoteMonitor


@pytest.fixture
def server():
    """A server that notes what is sent to it, and answers with ``status``."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers), body.decode()))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        made.status, made.seen = 200, seen
        made.root = f"http://127.0.0.1:{made.server_port}"
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_each_epoch_is_sent_in_a_form(run, server):
    run(RemoteMonitor(server.root), [{"loss": 0.5}, {"loss": 0.25}])
    assert [path for path, _, _ in server.seen] == ["/publish/epoch/end/"] * 2
    values = [json.loads(parse_qs(body)["data"][0]) for _, _, body in server.seen]
    assert values == [{"epoch": 0, "loss": 0.5}, {"epoch": 1, "loss": 0.25}]


def test_each_epoch_is_sent_as_json(run, server):
    monitor = RemoteMonitor(server.root, "/here", headers={"X-Key": "1"}, send_as_json=True)
    run(monitor, [{"loss": 0.5, "f1": np.array([0.5, 1.0], "f")}])
    [(path, headers, body)] = server.seen
    assert path == "/here" and headers["X-Key"] == "1"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"epoch": 0, "loss": 0.5, "f1": [0.5, 1.0]}


def test_an_error_of_the_server_is_a_warning(run, server):
    server.status = 500
    with pytest.warns(UserWarning, match="could not reach .*500"):
        run(RemoteMonitor(server.root), [{"loss": 0.5}])


def test_a_server_that_is_not_there_is_a_warning(run, server):
    root = server.root
    server.server_close()
    with pytest.warns(UserWarning, match="RemoteMonitor could not reach"):
        run(RemoteMonitor(root), [{"loss": 0.5}])


@pytest.mark.parametrize("root", ["file:///etc/hosts", "localhost:9000", "", "http://"])
def test_what_is_no_web_address_is_refused(run, root):
    with pytest.raises(ValueError, match="expected an address that begins with http"):
        run(RemoteMonitor(root), [{"loss": 0.5}])
