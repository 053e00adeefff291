"""What HTTP prepares once for each loaded model, and how it answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from serving.http.exchange import JSON, Exchange
from serving.http.problems import reason_of, respond_with_error
from serving.http.writers import BinaryWriter, JsonWriter, RowsWriter
from serving.models.repository import Repository
from serving.models.served import ServedModel
from serving.tensors.binary_reader import BinaryReader
from serving.tensors.csv_answer import write_csv_answer
from serving.tensors.json_reader import JsonReader
from serving.tensors.v1_answer import write_v1_answer

CSV = "text/csv"


class ModelFace:
    """A model as its HTTP clients see it."""

    def __init__(self, model: ServedModel, most_body_bytes: int) -> None:
        self.model = model
        self.plan = model.plan
        self.submit = model.queue.submit
        self.most_body_bytes = most_body_bytes
        self.json_reader = JsonReader(model.plan)
        self.binary_reader = BinaryReader(model.plan)
        self.json_writer = JsonWriter(model)
        self.binary_writer = BinaryWriter(model)
        self.v1_writer = RowsWriter(model, JSON, write_v1_answer)
        self.csv_writer = RowsWriter(model, CSV, write_csv_answer)

    @contextmanager
    def failing(self, exchange: Exchange) -> Iterator[None]:
        """Answer with whatever the block raises."""
        try:
            yield
        except Exception as error:
            self.fail(exchange, error)

    def fail(self, exchange: Exchange, error: Exception) -> None:
        """Send what went wrong."""
        metrics = self.model.metrics
        respond_with_error(exchange, error, self.model.headers)
        metrics.observe_rejection(reason_of(error))
        seconds = monotonic() - exchange.arrived
        metrics.observe_answer("rest", str(exchange.status), seconds, len(exchange.body), exchange.sent_bytes)


class Faces:
    """The face of each model that is served; a swapped model gets a new one."""

    def __init__(self, repository: Repository, *, most_body_bytes: int) -> None:
        self._repository = repository
        self._most_body_bytes = most_body_bytes
        self._by_name: dict[str, ModelFace] = {}

    def find(self, name: str, version: str | None = None) -> ModelFace:
        """Return the face of a loaded model.

        Raises:
            ModelNotFoundError: there is no model, or no version, of that name.
            ModelNotReadyError: it is known but not loaded.
        """
        model = self._repository.find(name, version)
        face = self._by_name.get(name)
        if face is None or face.model is not model:
            face = self._by_name[name] = ModelFace(model, self._most_body_bytes)
        return face
