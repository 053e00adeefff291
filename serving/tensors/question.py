"""What one request asks of a model, whatever form it came in."""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway.onnx.session import Tensor

Parameter = str | int | float | bool | None


@dataclass(slots=True)
class Question:
    """The tensors of a request and what else it says.

    Each of `inputs` passed its input's checks and may be read-only memory; whether all inputs are
    there, and `outputs` are the model's, is for `ModelPlan.request` to say. `outputs` are the names
    asked for in order, none meaning all. `binary_outputs` are those wanted as binary data: all,
    none, or the names. `timeout_seconds` is what the client waits for an answer.
    """

    inputs: dict[str, Tensor]
    outputs: tuple[str, ...] = ()
    binary_outputs: frozenset[str] | bool = False
    id: str | None = None
    timeout_seconds: float | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
