"""A real HTTP server on loopback that speaks the part of Kubeflow Pipelines' API that Slipway uses.

It keeps state, checks every request and every answer against the generated models of
`kfp_server_api`, and answers errors as the real one does: gRPC's as JSON, uploads' in their own form,
logs with 200 whatever happens.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.kubeflow_server import routes  # noqa: F401 (registers them)
from tests.support.kubeflow_server.routing import ROUTES, Fault, KubeflowServer, Request, Route
from tests.support.kubeflow_server.schema import check
from tests.support.kubeflow_server.state import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, Refused

__all__ = ["Fault", "KubeflowServer", "kubeflow_server"]

_STATUSES = {INVALID_ARGUMENT: 400, NOT_FOUND: 404, ALREADY_EXISTS: 409}


@contextmanager
def kubeflow_server() -> Iterator[KubeflowServer]:
    """Run a server."""
    kubeflow = KubeflowServer()
    handler = type("Handler", (_Handler,), {"kubeflow": kubeflow})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    kubeflow.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kubeflow
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Bear clients that hang up; anything else is a fault of this server's own."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    kubeflow: KubeflowServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = f"{self.command} {self.path}"
        with self.kubeflow.state.lock:
            self.kubeflow.requests.append(told)
            fault = next((one for one in self.kubeflow.faults if one.times and re.search(one.request, told)), None)
            if fault:
                fault.times -= 1
        if fault and fault.half_closed:
            self._break_off()
        elif fault:
            self._send(fault.status, fault.body.encode(), "text/html" if "<html" in fault.body else "text/plain")
        elif self.kubeflow.token and self.headers.get("Authorization") != f"Bearer {self.kubeflow.token}":
            self._send(401, b'{"code": 16, "message": "Request header error: there is no user identity header."}')
        else:
            self._send_answer(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 (the base class's names)

    def _send_answer(self, body: bytes) -> None:
        url = urlsplit(self.path)
        for method, pattern, answer, takes, gives in ROUTES:
            found = pattern.fullmatch(url.path)
            if found and method == self.command:
                parts = tuple(unquote(part) for part in found.groups())
                query = dict(parse_qsl(url.query))
                request = Request(parts, query, body, self.headers.get("Content-Type", ""))
                self._send_checked(answer, request, takes, gives)
                return
        self._send(404, b"404 page not found\n", "text/plain")

    def _send_checked(self, answer: Route, request: Request, takes: str, gives: str) -> None:
        try:
            if takes:
                check(request.content, takes)
            with self.kubeflow.state.lock:
                content = answer(self.kubeflow, request)
        except Refused as error:
            self._refuse(error.code, str(error))
        except (ValueError, KeyError) as error:
            self._refuse(INVALID_ARGUMENT, f"proto: {error}")
        else:
            if isinstance(content, str):
                self._send(200, content.encode(), "text/plain")
                return
            if gives:
                check(content, gives)
            self._send(200, json.dumps(content).encode())

    def _refuse(self, code: int, message: str) -> None:
        content: dict[str, Any] = {"error": message, "code": code, "message": message}
        if "/pipelines/upload" in self.path:
            content = {"error_message": message, "error_details": message}
        self._send(_STATUSES.get(code, 500), json.dumps(content).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", "https://login.example/")
        self.end_headers()
        self.wfile.write(body)

    def _break_off(self) -> None:
        """Promise more than is sent, and close."""
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"run_id": ')
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing on standard error."""
