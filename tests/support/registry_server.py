"""An image registry on 127.0.0.1 that keeps digests alone: what a push needs of the protocol.

Source: OCI Distribution Specification 1.1, "Pushing blobs" and "Pushing manifests".
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_BLOB = re.compile(r"^/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})$")
_UPLOADS = re.compile(r"^/v2/(?P<name>.+)/blobs/uploads/$")
_UPLOAD = re.compile(r"^/v2/(?P<name>.+)/blobs/uploads/(?P<id>[0-9a-f-]{36})$")
_MANIFEST = re.compile(r"^/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)$")


class Registry:
    """What was pushed: blobs by digest, manifests by `name:tag`; refuses every upload when told to."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.refuses = False
        self.blobs: set[str] = set()
        self.uploads: dict[str, Any] = {}
        self.manifests: dict[str, dict[str, Any]] = {}
        self.digests: dict[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: Registry

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/v2/" else 404)

    def do_HEAD(self) -> None:
        found = _BLOB.match(self.path)
        known = found is not None and found["digest"] in self.registry.blobs
        self._answer(200 if known else 404, {"Docker-Content-Digest": found["digest"]} if known and found else {})

    def do_POST(self) -> None:
        found = _UPLOADS.match(urlsplit(self.path).path)
        if found is None or self.registry.refuses:
            denied = {"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}
            self._answer(403, body=json.dumps(denied).encode())
            return
        upload = str(uuid.uuid4())
        self.registry.uploads[upload] = hashlib.sha256()
        self._answer(202, {"Location": f"/v2/{found['name']}/blobs/uploads/{upload}", "Range": "0-0"})

    def do_PATCH(self) -> None:
        found = _UPLOAD.match(urlsplit(self.path).path)
        assert found is not None
        size = self._take(self.registry.uploads[found["id"]])  # an engine sends a blob in one piece
        self._answer(202, {"Location": self.path, "Range": f"0-{max(size - 1, 0)}"})

    def do_PUT(self) -> None:
        parts = urlsplit(self.path)
        if (found := _UPLOAD.match(parts.path)) is not None:
            digest = self.registry.uploads.pop(found["id"])
            self._take(digest)
            (claimed,) = parse_qs(parts.query)["digest"]
            is_true = claimed == f"sha256:{digest.hexdigest()}"
            if is_true:
                self.registry.blobs.add(claimed)
            self._answer(201 if is_true else 400, {"Docker-Content-Digest": claimed})
            return
        manifest = _MANIFEST.match(parts.path)
        assert manifest is not None
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = f"{manifest['name']}:{manifest['reference']}"
        self.registry.manifests[name] = json.loads(body)
        self.registry.digests[name] = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self._answer(201, {"Docker-Content-Digest": self.registry.digests[name]})

    def _take(self, digest: Any) -> int:
        size = 0
        for piece in self._body():
            digest.update(piece)
            size += len(piece)
        return size

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        elif length := int(self.headers.get("Content-Length", 0)):
            yield self.rfile.read(length)

    def _answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def registry_server() -> Iterator[Registry]:
    """Serve a registry until the block ends; engines take plain HTTP from 127.0.0.0/8."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    registry = Registry(server.server_port)
    server.RequestHandlerClass.registry = registry  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
