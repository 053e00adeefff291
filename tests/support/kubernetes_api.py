"""A server that speaks as much of the Kubernetes API as it is told, for shapes that a real one takes long to make.

Objects are served at the API's own paths; anything else can be said word by word, late, or broken off.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Object = dict[str, Any]
TOKEN = "a-token-that-no-message-holds"


@dataclass
class Saying:
    """One answer; `cut` breaks the body off in the middle, `after_seconds` lets the client wait."""

    status: int
    body: str
    content_type: str = "application/json"
    after_seconds: float = 0.0
    cut: bool = False


@dataclass
class KubernetesApi:
    """What the server knows; `seen` has the method and path of each request."""

    url: str
    sayings: dict[str, Saying] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def say(self, path: str, content: Object, status: int = 200, **how: Any) -> None:
        """Answer a path with JSON."""
        self.sayings[path] = Saying(status, json.dumps(content), **how)

    def refuse(self, path: str, status: int, message: str) -> None:
        """Answer a path with the API's own Status."""
        facts = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "message": message}
        self.say(path, facts, status)

    def hold(self, path: str, *objects: Object) -> None:
        """Answer a collection's path with a list, and each object's own path with it."""
        self.say(path, {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": list(objects)})
        for one in objects:
            self.say(f"{path}/{one['metadata']['name']}", one)

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig whose current context is `test`."""
        user = {"name": "test", "user": {"token": TOKEN}}
        content = {
            "clusters": [{"name": "test", "cluster": {"server": self.url}}],
            "users": [user],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
        path.write_text(yaml.safe_dump(content))
        return path


@contextmanager
def kubernetes_api() -> Iterator[KubernetesApi]:
    """Serve on a free loopback port as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            api.seen.append((self.command, path))
            saying = api.sayings.get(path) or _unknown(path)
            time.sleep(saying.after_seconds)
            body = _filtered(saying.body, self.path).encode()
            self.send_response(saying.status)
            self.send_header("Content-Type", saying.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if saying.cut else body)
            self.close_connection = saying.cut

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api = KubernetesApi(f"http://127.0.0.1:{server.server_port}")
        api.say("/version", {"gitVersion": "v1.36.3", "major": "1", "minor": "36"})
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def _unknown(path: str) -> Saying:
    facts = {"kind": "Status", "code": 404, "message": f"the server could not find {path}"}
    return Saying(404, json.dumps(facts))


def _filtered(body: str, url: str) -> str:
    """Leave out of a list what a label selector leaves out."""
    selectors = parse_qs(urlsplit(url).query).get("labelSelector")
    content = json.loads(body) if selectors else {}
    if "items" not in content:
        return body
    wanted = dict(pair.split("=", 1) for pair in selectors[0].split(","))
    content["items"] = [
        one for one in content["items"] if wanted.items() <= one["metadata"].get("labels", {}).items()
    ]
    return json.dumps(content)
