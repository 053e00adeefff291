"""The model repository extension: what is here, and loading and unloading by clients.

Source: Open Inference Protocol v2 and KServe, "Model Repository" (index, load, unload).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from serving.errors import ControlForbiddenError
from serving.http.exchange import JSON, Exchange, head
from serving.http.problems import HttpError, respond_with_error
from serving.http.router import Parameters, Router
from serving.models.repository import Repository

_OK = head(200, JSON)


class ModelControl:
    """Index, load and unload; the last two only where the server was started with `--allow-control`."""

    def __init__(self, repository: Repository, *, allowed: bool) -> None:
        self._repository = repository
        self._allowed = allowed
        self._tasks: set[asyncio.Task[None]] = set()

    def add_to(self, router: Router) -> None:
        """Answer the extension's paths."""
        router.add("POST", "/v2/repository/index", self._index)
        router.add("POST", "/v2/repository/models/{name}/load", self._load)
        router.add("POST", "/v2/repository/models/{name}/unload", self._unload)

    def _index(self, _: Parameters, exchange: Exchange) -> None:
        only_ready = _read_only_ready(exchange)
        entries = [
            {"name": entry.name, "version": entry.version, "state": str(entry.state), "reason": entry.reason}
            for entry in self._repository.index()
            if not only_ready or entry.state == "READY"
        ]
        exchange.respond(200, _OK, orjson.dumps(entries))

    def _load(self, parameters: Parameters, exchange: Exchange) -> None:
        self._change(exchange, self._repository.load, parameters["name"])

    def _unload(self, parameters: Parameters, exchange: Exchange) -> None:
        self._change(exchange, self._repository.unload, parameters["name"])

    def _change(self, exchange: Exchange, change: Callable[[str], Awaitable[None]], name: str) -> None:
        if not self._allowed:
            raise ControlForbiddenError(
                "Clients may not load or unload models here", cure="Start the server with --allow-control."
            )
        task = asyncio.get_running_loop().create_task(_carry_out(exchange, change, name))
        self._tasks.add(task)  # the loop itself keeps only weak references
        task.add_done_callback(self._tasks.discard)


async def _carry_out(exchange: Exchange, change: Callable[[str], Awaitable[None]], name: str) -> None:
    try:
        await change(name)
    except Exception as error:
        respond_with_error(exchange, error)
    else:
        exchange.respond(200, _OK, b"{}")


def _read_only_ready(exchange: Exchange) -> bool:
    if not exchange.body:
        return False
    try:
        content = orjson.loads(exchange.body)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, "The request's body cannot be read", expected="JSON", got=str(error)) from error
    ready = content.get("ready", False) if isinstance(content, dict) else None
    if not isinstance(ready, bool):
        raise HttpError(400, "The request's body cannot be read", expected='{"ready": true or false}')
    return ready
