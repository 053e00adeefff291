"""The health service, which kubelet's gRPC probes and load balancers ask.

Source: gRPC Health Checking Protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from google.protobuf.message import DecodeError

from serving.grpc.calls import Room, StreamingCall
from serving.grpc.head import CallHead, StartCall
from serving.grpc.http2.control import ConnectionState
from serving.grpc.protos.health_pb2 import HealthCheckRequest, HealthCheckResponse
from serving.grpc.services.simple import simple
from serving.grpc.status import CallFault, Code
from serving.models.repository import Repository

SERVICE = "grpc.health.v1.Health"


class HealthService:
    """Says of the server, and of each of its services, whether it is ready."""

    def __init__(self, models: Repository, services: Sequence[str]) -> None:
        self._models = models
        self._services = frozenset(["", *services])
        self._watchers: set[WatchCall] = set()

    def methods(self, room: Room) -> Mapping[str, StartCall]:
        """Return what starts a call, by the method's name."""
        check = simple(room, HealthCheckRequest, self._check)
        return {"Check": check, "Watch": partial(WatchCall, self, room)}

    def status(self, service: str) -> HealthCheckResponse.ServingStatus:
        """Return the status of one service."""
        if service not in self._services:
            return HealthCheckResponse.SERVICE_UNKNOWN
        return HealthCheckResponse.SERVING if self._models.ready else HealthCheckResponse.NOT_SERVING

    def add(self, call: WatchCall) -> None:
        """Keep a watcher informed."""
        self._watchers.add(call)

    def inform(self) -> None:
        """Tell watchers what changed; call it every second."""
        self._watchers = {call for call in self._watchers if not call.gone}
        for call in self._watchers:
            call.inform()

    def close(self) -> None:
        """Tell watchers the last change and end their calls, which would go on for ever."""
        self.inform()
        for call in self._watchers:
            call.finish(Code.UNAVAILABLE, "The server stops.")
        self._watchers = set()

    def _check(self, request: HealthCheckRequest) -> HealthCheckResponse:
        status = self.status(request.service)
        if status == HealthCheckResponse.SERVICE_UNKNOWN:
            raise CallFault(Code.NOT_FOUND, f"There is no service '{request.service[:100]}'.")
        return HealthCheckResponse(status=status)


class WatchCall(StreamingCall):
    """A client that wants to hear of every change."""

    __slots__ = ("_health", "_service", "_told")

    def __init__(
        self, health: HealthService, room: Room, connection: ConnectionState, stream_id: int, head: CallHead
    ) -> None:
        super().__init__(room, connection, stream_id, head)
        self._health = health
        self._service: str | None = None
        self._told: HealthCheckResponse.ServingStatus | None = None

    def handle(self, message: bytes) -> None:
        """Read which service is meant."""
        if self._service is not None:
            raise CallFault(Code.INVALID_ARGUMENT, "The call must have exactly one message.")
        try:
            self._service = HealthCheckRequest.FromString(message).service
        except DecodeError as error:
            raise CallFault(Code.INVALID_ARGUMENT, "The message is no HealthCheckRequest.") from error

    def handle_end(self) -> None:
        """Tell the status as it is, and stay."""
        if self._service is None:
            self.finish(Code.INVALID_ARGUMENT, "The call must have exactly one message.")
            return
        self._health.add(self)
        self.inform()

    def inform(self) -> None:
        """Tell the status unless the client knows it."""
        status = self._health.status(self._service or "")
        if status != self._told and not self.gone:
            self._told = status
            self.send_message(HealthCheckResponse(status=status).SerializeToString())
