"""What HTTP prepares once for each loaded model, and how it answers for it."""

from __future__ import annotations

from time import monotonic

from serving.faults import fault_of
from serving.http.exchange import JSON, Exchange, head
from serving.http.problems import respond_with_error
from serving.models.repository import Repository
from serving.models.served import ServedModel
from serving.tensors.json_answer import JsonAnswer


class ModelFace:
    """A model as its HTTP clients see it."""

    __slots__ = ("_count", "_json_head", "json_answer", "model", "plan", "submit")

    def __init__(self, model: ServedModel) -> None:
        self.model = model
        self.plan = model.plan
        self.submit = model.queue.submit
        self.json_answer = JsonAnswer(model.name, model.version, model.plan)
        self._json_head = head(200, JSON, model.headers)
        self._count = model.metrics.observe_answer

    def answer_json(self, exchange: Exchange, body: bytes) -> None:
        """Send a JSON body."""
        self.answer(exchange, self._json_head, body)

    def answer(self, exchange: Exchange, response_head: bytes, body: bytes) -> None:
        """Send a body whose head the caller made."""
        exchange.respond(200, response_head, body)
        self._count("rest", "200", monotonic() - exchange.arrived, len(exchange.body), len(body))

    def fail(self, exchange: Exchange, error: Exception) -> None:
        """Send what went wrong."""
        respond_with_error(exchange, error, self.model.headers)
        self.model.metrics.observe_rejection(fault_of(error).reason)
        seconds = monotonic() - exchange.arrived
        self._count("rest", str(exchange.status), seconds, len(exchange.body), exchange.sent_bytes)


class Faces:
    """The face of each model that is served; a swapped model gets a new one."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
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
            face = self._by_name[name] = ModelFace(model)
        return face
