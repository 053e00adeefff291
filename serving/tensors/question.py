"""What one request asks of a model, whatever form it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from serving.inference.packing import Memories, Packing, arrays_of
from slipway.onnx.session import Tensor

Parameter = str | int | float | bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """All that a request says beside its values and id; requests alike share one.

    `outputs` are the names asked for in order, none meaning all. `binary_outputs` are those wanted as
    binary data: all, none, or the names. `timeout_seconds` is what the client waits for an answer.
    With a `packing` the request's values are memories, and it was found to fit the model as a whole.
    """

    outputs: tuple[str, ...] = ()
    binary_outputs: frozenset[str] | bool = False
    timeout_seconds: float | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    packing: Packing | None = None


PLAIN = Form()


@dataclass(slots=True)
class Question:
    """The values of a request and what else it says.

    Arrays among `values` passed their input's checks and may be read-only memory; whether all inputs
    are there, and the outputs are the model's, is for `ModelPlan.request` to say.
    """

    values: dict[str, Tensor] | Memories
    form: Form = PLAIN
    id: str | None = None

    @property
    def inputs(self) -> dict[str, Tensor]:
        """The values as arrays, by the names of their inputs."""
        return arrays_of(self.values, self.form.packing)
