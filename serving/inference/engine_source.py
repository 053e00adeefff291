"""What an engine is made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serving.inference.plan import ModelPlan
from slipway.onnx.session import Tensor


@dataclass(frozen=True, slots=True)
class EngineSource:
    """A verified model file.

    `example` has one array for each input, of the plan's dtypes; None where nobody gave one.
    `size_bytes` counts external data too. `custom_op_libraries` are to be registered with the session.
    """

    path: Path
    plan: ModelPlan
    example: dict[str, Tensor] | None
    size_bytes: int
    custom_op_libraries: tuple[Path, ...] = ()
