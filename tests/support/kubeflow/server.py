"""A real HTTP server on loopback that speaks the part of Kubeflow Pipelines' API that Slipway uses.

It keeps state, checks every request and every answer against the generated models of
`kfp_server_api`, and answers errors as the real one does: gRPC's as JSON, uploads' in their own form,
logs with 200 whatever happens.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.kubeflow.argo import manifest
from tests.support.kubeflow.schema import check
from tests.support.kubeflow.state import (
    ALREADY_EXISTS,
    INVALID_ARGUMENT,
    NOT_FOUND,
    Refused,
    State,
    page_of,
)

_STATUSES = {INVALID_ARGUMENT: 400, NOT_FOUND: 404, ALREADY_EXISTS: 409}
_ID = r"([^/:]+)"
Route = Callable[["KubeflowServer", "Request"], Any]
_ROUTES: list[tuple[str, re.Pattern[str], Route, str, str]] = []


@dataclass
class Request:
    """A request: `parts` are those of the path that the route leaves open."""

    parts: tuple[str, ...]
    query: dict[str, str]
    body: bytes
    content_type: str

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Fault:
    """What goes wrong with requests that match, so often: a status, or an answer that breaks off."""

    request: str
    status: int = 0
    times: int = 1
    body: str = ""
    half_closed: bool = False


@dataclass
class KubeflowServer:
    """Its state, what was asked of it, and what shall go wrong."""

    state: State = field(default_factory=State)
    health: dict[str, Any] = field(
        default_factory=lambda: {"commit_sha": "x", "tag_name": "2.17.0", "multi_user": False}
    )
    token: str = ""
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def asked(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(bool(re.search(pattern, one)) for one in self.requests)


def route(method: str, path: str, takes: str = "", gives: str = "") -> Callable[[Route], Route]:
    """Register what answers a path; `takes` and `gives` are models of kfp_server_api."""

    def register(answer: Route) -> Route:
        _ROUTES.append((method, re.compile(path.replace("{}", _ID)), answer, takes, gives))
        return answer

    return register


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
        for method, pattern, answer, takes, gives in _ROUTES:
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


def filtered(items: list[dict[str, Any]], query: dict[str, str], keys: dict[str, str]) -> list[dict[str, Any]]:
    """What a filter leaves; only EQUALS on the keys that the real server knows."""
    for predicate in json.loads(query.get("filter", "{}")).get("predicates", []):
        check(predicate, "V2beta1Predicate")
        if predicate["key"] not in keys:
            raise Refused(INVALID_ARGUMENT, f'no support for filtering on unrecognized field "{predicate["key"]}"')
        items = [one for one in items if one[keys[predicate["key"]]] == predicate["string_value"]]
    return items


@route("GET", "/apis/v2beta1/healthz")
def _health(kubeflow: KubeflowServer, _: Request) -> Any:
    return kubeflow.health


@route("GET", "/apis/v2beta1/pipelines/names/{}", gives="V2beta1Pipeline")
def _pipeline_by_name(kubeflow: KubeflowServer, request: Request) -> Any:
    for one in kubeflow.state.pipelines.values():
        if one["name"] == request.parts[0]:
            return one
    raise Refused(NOT_FOUND, f"Pipeline {request.parts[0]} not found")


@route("POST", "/apis/v2beta1/pipelines", takes="V2beta1Pipeline", gives="V2beta1Pipeline")
def _create_pipeline(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_pipeline(request.content)


@route("POST", "/apis/v2beta1/pipelines/upload_version", gives="V2beta1PipelineVersion")
def _upload(kubeflow: KubeflowServer, request: Request) -> Any:
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    (part,) = (
        one for one in message.iter_parts() if one.get_param("name", header="Content-Disposition") == "uploadfile"
    )
    text = part.get_payload(decode=True).decode()
    query = request.query
    return kubeflow.state.create_version(query["pipelineid"], query["name"], query.get("description", ""), text)


@route("GET", "/apis/v2beta1/pipelines/{}/versions", gives="V2beta1ListPipelineVersionsResponse")
def _list_versions(kubeflow: KubeflowServer, request: Request) -> Any:
    mine = [one for one in kubeflow.state.versions.values() if one["pipeline_id"] == request.parts[0]]
    found = filtered(mine, request.query, {"name": "name", "display_name": "display_name"})
    return _listed("pipeline_versions", found, request.query)


@route("GET", "/apis/v2beta1/pipelines/{}/versions/{}", gives="V2beta1PipelineVersion")
def _get_version(kubeflow: KubeflowServer, request: Request) -> Any:
    return _known(kubeflow.state.versions, request.parts[1])


@route("GET", "/apis/v2beta1/experiments", gives="V2beta1ListExperimentsResponse")
def _list_experiments(kubeflow: KubeflowServer, request: Request) -> Any:
    found = filtered(list(kubeflow.state.experiments.values()), request.query, {"display_name": "display_name"})
    return _listed("experiments", found, request.query)


@route("POST", "/apis/v2beta1/experiments", takes="V2beta1Experiment", gives="V2beta1Experiment")
def _create_experiment(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_experiment(request.content)


@route("GET", "/apis/v2beta1/runs", gives="V2beta1ListRunsResponse")
def _list_runs(kubeflow: KubeflowServer, request: Request) -> Any:
    keys = {"display_name": "display_name", "run_id": "run_id"}
    return _listed("runs", filtered(list(kubeflow.state.runs.values()), request.query, keys), request.query)


@route("POST", "/apis/v2beta1/runs", takes="V2beta1Run", gives="V2beta1Run")
def _create_run(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_run(request.content)


@route("GET", "/apis/v2beta1/runs/{}", gives="V2beta1Run")
def _get_run(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.look(request.parts[0], step=True)[0]


@route("POST", "/apis/v2beta1/runs/{}:terminate")
def _stop_run(kubeflow: KubeflowServer, request: Request) -> Any:
    _known(kubeflow.state.runs, request.parts[0])
    kubeflow.state.stopped.add(request.parts[0])
    return {}


@route("GET", "/apis/v1beta1/runs/{}")
def _get_run_v1(kubeflow: KubeflowServer, request: Request) -> Any:
    run, look = kubeflow.state.look(request.parts[0], step=False)
    runtime = {"workflow_manifest": text} if (text := manifest(look)) else {}
    return {"run": {"id": run["run_id"], "name": run["display_name"]}, "pipeline_runtime": runtime}


@route("GET", "/apis/v1alpha1/runs/{}/nodes/{}/log")
def _log(kubeflow: KubeflowServer, request: Request) -> Any:
    pod = request.parts[1]
    missing = f'BadRequestError: Failed to read logs for run: pods "{pod}" not found'
    return kubeflow.state.logs.get(pod, json.dumps({"error_message": missing, "error_details": missing}))


@route("GET", "/apis/v2beta1/recurringruns", gives="V2beta1ListRecurringRunsResponse")
def _list_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    return _listed("recurringRuns", list(kubeflow.state.recurring.values()), request.query)


@route("POST", "/apis/v2beta1/recurringruns", takes="V2beta1RecurringRun", gives="V2beta1RecurringRun")
def _create_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_recurring(request.content)


@route("POST", "/apis/v2beta1/recurringruns/{}:(enable|disable)")
def _switch_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    kubeflow.state.switch(request.parts[0], enabled=request.parts[1] == "enable")
    return {}


@route("DELETE", "/apis/v2beta1/recurringruns/{}")
def _delete_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    _known(kubeflow.state.recurring, request.parts[0])
    del kubeflow.state.recurring[request.parts[0]]
    return {}


def _listed(key: str, found: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    page, token = page_of(found, query)
    return {key: page, "total_size": len(found), "next_page_token": token}


def _known(table: dict[str, dict[str, Any]], key: str) -> dict[str, Any]:
    if key not in table:
        raise Refused(NOT_FOUND, f"{key} not found.")
    return table[key]
