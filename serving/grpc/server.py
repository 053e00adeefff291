"""The gRPC server: what it serves, and the connections it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from serving.grpc.calls import Room
from serving.grpc.head import CallHeads, StartCall
from serving.grpc.http2.connection import Connection
from serving.grpc.http2.patience import sweep
from serving.grpc.infer.call import InferCall
from serving.grpc.infer.desk import Desk
from serving.grpc.limits import GrpcLimits
from serving.grpc.messages import Budget
from serving.grpc.services import health, inference, reflection
from serving.grpc.witness import CallWitness
from serving.models.repository import Repository

_EXTENSIONS = ("model_repository",)


class GrpcServer:
    """Makes the protocol of each connection, and looks after them all.

    Give it to `loop.create_server` as the factory of protocols, call `sweep` every second, and
    `drain` before the end. `rejected` counts, by reason, calls that reached no model; `witness`
    hears of every call.
    """

    def __init__(
        self,
        models: Repository,
        limits: GrpcLimits | None = None,
        *,
        allow_control: bool = False,
        extensions: Sequence[str] = _EXTENSIONS,
        rejected: Callable[[str], None] = lambda _: None,
        witness: CallWitness | None = None,
    ) -> None:
        self._limits = limits or GrpcLimits()
        self._connections: set[Connection] = set()
        room = Room(self._limits, Budget(self._limits.unfinished_bytes), witness)
        services = (inference.SERVICE, health.SERVICE, reflection.SERVICE)
        self._health = health.HealthService(models, services)
        about_models = inference.InferenceService(models, extensions, allow_control=allow_control)
        reflected = reflection.ReflectionService(services).methods(room)
        desk = Desk(models, rejected)
        methods: dict[str, Mapping[str, StartCall]] = {
            inference.SERVICE: {**about_models.methods(room), "ModelInfer": partial(InferCall, desk, room)},
            health.SERVICE: self._health.methods(room),
            reflection.SERVICE: reflected,
            reflection.OLDER_SERVICE: reflected,
        }
        self._heads = CallHeads(_paths(methods), self._limits.http2.header_bytes)

    def __call__(self) -> Connection:
        """Make the protocol of one connection."""
        connection = Connection(self._heads.interpret, self._limits.http2, self._connections.discard)
        self._connections.add(connection)
        return connection

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    @property
    def open_calls(self) -> int:
        """How many calls have no whole answer yet."""
        return sum(len(connection.streams) for connection in self._connections)

    def sweep(self, now: float) -> None:
        """End what takes too long, and tell watchers of health; `now` is of `time.monotonic`."""
        self._health.inform()
        for connection in list(self._connections):
            sweep(connection, now)

    def drain(self) -> None:
        """Take no new calls; each connection closes after its last."""
        self._health.close()
        for connection in list(self._connections):
            connection.drain()

    def close(self) -> None:
        """Close every connection, whatever still runs on it."""
        for connection in list(self._connections):
            connection.transport.abort()


def _paths(services: Mapping[str, Mapping[str, StartCall]]) -> dict[str, StartCall]:
    return {
        f"/{service}/{name}": start for service, methods in services.items() for name, start in methods.items()
    }
