"""The server put together, and its life: load, listen, serve, linger, drain, end."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from time import monotonic

from serving.announcement import announce
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.limits import GrpcLimits
from serving.grpc.server import GrpcServer
from serving.grpc.witness import CallWitness
from serving.http.connections import Connections
from serving.http.limits import HttpLimits
from serving.http.router import Router
from serving.http.site import build_router
from serving.http.witness import HttpWitness
from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.workers import WorkerPool
from serving.listener import Listeners
from serving.models.catalogue import configured_sources, discover_sources
from serving.models.hosting import ModelHost
from serving.models.loading import Loader, LoadPolicy
from serving.models.repository import Repository
from serving.models.watch import watch
from serving.observe.access_log import AccessLog
from serving.observe.metrics import ServerMetrics
from serving.observe.traces import tracing_from_environment
from serving.platforms import hosted_paths
from serving.settings import ServingSettings

_SWEEP_SECONDS = 1.0
_DRAIN_STEP_SECONDS = 0.02
_SWITCH_SECONDS = 0.0005  # how long a worker that is done waits for Python's lock; it would be 5 ms
_YOUNG_OBJECTS = 50_000  # a request leaves a dozen: collecting every 700 would take a tenth of the time


class Server:
    """One process's models, listeners and connections; made and used in the event loop's thread."""

    def __init__(self, settings: ServingSettings, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._workers = WorkerPool(settings.workers, asyncio.get_running_loop())
        self._metrics = ServerMetrics()
        self._tracing = tracing_from_environment()
        self._repository = _repository(
            settings, environment, self._workers, self._metrics, is_traced=self._tracing is not None
        )
        access_log = AccessLog.of(settings.access_log_every)
        is_witnessed = access_log is not None or self._tracing is not None
        router = self._site(environment)
        self._grpc = GrpcServer(
            self._repository,
            _grpc_limits(settings),
            allow_control=settings.allow_control,
            rejected=self._metrics.rejected,
            witness=CallWitness(access_log, self._tracing) if is_witnessed else None,
        )
        self._http = Connections(
            router.dispatch,
            _http_limits(settings),
            http2=self._grpc,
            answered=HttpWitness(access_log, self._tracing, router.route_of) if is_witnessed else None,
            rejected=self._metrics.rejected,
        )
        self._metrics.requests_in_flight = self._in_flight

    async def load(self) -> None:
        """Load every configured model; where some cannot be loaded, the others serve, and the server is not ready.

        Raises:
            SlipwayError: none can be loaded; the first one's reason.
        """
        errors = await self._repository.load_all()
        if errors and not self._repository.served:
            raise next(iter(errors.values()))
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
        sys.setswitchinterval(_SWITCH_SECONDS)

    async def serve(self, listeners: Listeners, stopping: asyncio.Event) -> None:
        """Answer until `stopping` is set, then until what was begun is answered."""
        opened = await listeners.open(http=self._http, grpc=self._grpc)
        announce(listeners, self._repository)
        tasks = [asyncio.create_task(self._sweep())]
        if self._settings.poll_seconds:
            tasks.append(asyncio.create_task(watch(self._repository, self._settings.poll_seconds)))
        await stopping.wait()
        await self._linger()
        for server in opened:
            server.close()
        await self._drain()
        for task in tasks:
            task.cancel()

    async def _linger(self) -> None:
        """Go on serving while whoever sends requests here learns that this server ends."""
        self._repository.drain()
        if self._settings.linger_seconds:
            self._http.wind_down()
            await asyncio.sleep(self._settings.linger_seconds)

    async def _drain(self) -> None:
        self._http.drain()
        self._grpc.drain()
        end = monotonic() + self._settings.drain_seconds
        while (len(self._http) or self._grpc.open_connections) and monotonic() < end:
            await asyncio.sleep(_DRAIN_STEP_SECONDS)
        self._workers.close()
        if self._tracing is not None:
            self._tracing.close()

    def _in_flight(self) -> int:
        return sum(model.queue.depth for model in self._repository.served)

    def _site(self, environment: Mapping[str, str]) -> Router:
        return build_router(
            self._repository,
            self._metrics,
            allow_control=self._settings.allow_control,
            hosted=hosted_paths(environment),
            most_body_bytes=self._settings.max_body_bytes,
        )

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = monotonic()
            self._http.sweep(now)
            self._grpc.sweep(now)


def _repository(
    settings: ServingSettings,
    environment: Mapping[str, str],
    workers: WorkerPool,
    metrics: ServerMetrics,
    *,
    is_traced: bool,
) -> Repository:
    policy = QueuePolicy(
        most_waiting=settings.max_queue,
        most_rows=settings.max_batch_rows,
        tells_runs=is_traced or bool(settings.access_log_every),
    )
    opener = partial(open_engine, threads=settings.threads, cores=settings.workers, policy=policy)
    custom_ops = tuple(map(Path, settings.custom_op_library))
    loader = Loader(opener, LoadPolicy(tuple(map(Path, settings.require_signature)), custom_ops))
    repository = Repository(
        configured_sources(settings, environment),
        loader,
        ModelHost(workers, metrics, policy),
        discover=partial(discover_sources, settings),
    )
    metrics.ready = lambda: repository.ready
    return repository


def _http_limits(settings: ServingSettings) -> HttpLimits:
    return HttpLimits(
        head_bytes=settings.max_head_bytes,
        body_bytes=settings.max_body_bytes,
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        idle_seconds=settings.idle_seconds,
        write_seconds=settings.write_seconds,
    )


def _grpc_limits(settings: ServingSettings) -> GrpcLimits:
    http2 = Http2Limits(
        header_bytes=settings.max_head_bytes,
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        idle_seconds=settings.idle_seconds,
        write_seconds=settings.write_seconds,
    )
    return GrpcLimits(message_bytes=settings.max_body_bytes, http2=http2)
