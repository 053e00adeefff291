"""Where inference calls go: finds the model, and keeps what is the same for many requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from serving.grpc.infer.known import KnownOrder, KnownRequest
from serving.grpc.infer.prepared import Prepared
from serving.models.repository import Repository
from serving.models.served import ServedModel

_MOST_LENGTHS = 256
_MOST_OF_A_LENGTH = 4
_MOST_OF_ANY_LENGTH = 16
_MOST_PREPARED = 256


class Desk:
    """Shared by all calls of ModelInfer.

    `rejected` counts, by reason, requests that reached no model.
    """

    def __init__(self, models: Repository, rejected: Callable[[str], None]) -> None:
        self.find = models.find
        self.rejected = rejected
        self._of_length: dict[int, list[KnownRequest]] = {}  # prefix and all
        self._of_any_length: list[KnownRequest] = []
        self._prepared: dict[tuple[str, str, tuple[str, ...]], Prepared] = {}

    def like(self, size: int) -> Sequence[KnownRequest]:
        """Return the known requests that one of this length may be like."""
        of_length = self._of_length.get(size)
        if of_length is None:
            return self._of_any_length
        return [*of_length, *self._of_any_length] if self._of_any_length else of_length

    def remember(self, size: int, request: KnownRequest) -> None:
        """Know a request of this length from now on."""
        if isinstance(request, KnownOrder):
            kept, most = self._of_any_length, _MOST_OF_ANY_LENGTH
        else:
            if len(self._of_length) >= _MOST_LENGTHS:
                self._of_length.clear()
            kept, most = self._of_length.setdefault(size, []), _MOST_OF_A_LENGTH
        kept.insert(0, request)
        del kept[most:]

    def prepared(self, model: ServedModel, outputs: tuple[str, ...]) -> Prepared:
        """Return what answers of these outputs need."""
        key = (model.name, model.version, outputs)
        prepared = self._prepared.get(key)
        if prepared is None or prepared.plan is not model.plan:
            if len(self._prepared) >= _MOST_PREPARED:
                self._prepared.clear()
            prepared = self._prepared[key] = Prepared(model, outputs)
        return prepared
