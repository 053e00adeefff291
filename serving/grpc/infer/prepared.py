"""What answers of one model have in common."""

from __future__ import annotations

from serving.grpc.infer.writers import RawWriter, TypedWriter
from serving.models.served import ServedModel


class Prepared:
    """What every answer of a model needs, for one choice of its outputs."""

    __slots__ = ("headers", "metrics", "outputs", "plan", "raw", "typed")

    def __init__(self, model: ServedModel, outputs: tuple[str, ...]) -> None:
        self.plan = model.plan  # and not the model, which would stay loaded
        self.outputs = outputs
        self.headers = tuple(model.headers.items())
        self.metrics = model.metrics
        self.raw = RawWriter(model, outputs)
        self.typed = TypedWriter(model, outputs)
