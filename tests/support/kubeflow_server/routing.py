"""What the routes of the tests' Kubeflow Pipelines server have in common: requests, faults, the register."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.kubeflow_server.state import State

_ID = r"([^/:]+)"
Route = Callable[["KubeflowServer", "Request"], Any]
ROUTES: list[tuple[str, re.Pattern[str], Route, str, str]] = []


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
        ROUTES.append((method, re.compile(path.replace("{}", _ID)), answer, takes, gives))
        return answer

    return register
