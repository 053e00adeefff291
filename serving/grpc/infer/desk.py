"""Where inference calls go: finds the model, and keeps what is the same for many requests."""

from __future__ import annotations

from collections.abc import Callable

from serving.grpc.infer.known import KnownRequest
from serving.grpc.infer.prepared import Prepared
from serving.models.repository import Repository
from serving.models.served import ServedModel

_MOST_LENGTHS = 256
_MOST_OF_A_LENGTH = 4
_MOST_PREPARED = 256


class Desk:
    """Shared by all calls of ModelInfer.

    `known` has requests by their length, prefix and all. `rejected` counts, by reason, those that
    reached no model.
    """

    def __init__(self, models: Repository, rejected: Callable[[str], None]) -> None:
        self.find = models.find
        self.rejected = rejected
        self.known: dict[int, list[KnownRequest]] = {}
        self._prepared: dict[tuple[str, str, tuple[str, ...]], Prepared] = {}

    def remember(self, size: int, request: KnownRequest) -> None:
        """Know a request from now on."""
        if len(self.known) >= _MOST_LENGTHS:
            self.known.clear()
        of_size = self.known.setdefault(size, [])
        of_size.insert(0, request)
        del of_size[_MOST_OF_A_LENGTH:]

    def prepared(self, model: ServedModel, outputs: tuple[str, ...]) -> Prepared:
        """Return what answers of these outputs need."""
        key = (model.name, model.version, outputs)
        prepared = self._prepared.get(key)
        if prepared is None or prepared.plan is not model.plan:
            if len(self._prepared) >= _MOST_PREPARED:
                self._prepared.clear()
            prepared = self._prepared[key] = Prepared(model, outputs)
        return prepared
