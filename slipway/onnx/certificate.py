"""The parity certificate: how far the ONNX model's answers are from the framework's."""

from __future__ import annotations

from pydantic import Field

from slipway.errors import ParityError
from slipway.frozen import Frozen


class Tolerance(Frozen):
    """What counts as the same answer."""

    absolute: float = Field(default=1e-4, gt=0, description="largest |onnx - framework| of a probability")
    relative: float = Field(
        default=1e-3,
        gt=0,
        description="largest |onnx - framework| / max(1, |framework|, spread) of a prediction or a distance, "
        "the spread being the standard deviation of the framework's",
    )
    label_agreement: float = Field(default=1.0, gt=0, le=1, description="least share of equal labels")


class Comparison(Frozen):
    """ONNX Runtime against the framework on one set of rows."""

    rows: int
    max_absolute_error: float
    max_relative_error: float
    label_agreement: float = Field(description="share of rows with the same label; 1.0 where there is no label")
    rows_beyond_tolerance: int


class ParityCertificate(Frozen):
    """Both comparisons and the verdict; a bundle without a passed certificate is never released."""

    framework: str = Field(description="name and version, as in 'scikit-learn 1.9.1'")
    runtime: str = Field(description="name and version, as in 'onnxruntime 1.32.0'")
    tolerance: Tolerance
    held_out: Comparison
    probes: Comparison | None = Field(
        description="rows at split thresholds, one float32 step either side, and with unseen categories"
    )
    passed: bool
    reasons: tuple[str, ...] = Field(description="why it failed, in words and numbers; empty when passed")

    def require_passed(self) -> None:
        """Raise ParityError unless the certificate passed."""
        if not self.passed:
            raise ParityError(
                f"The ONNX model does not answer like {self.framework}: {'; '.join(self.reasons)}",
                cure="Change the preprocessing or the model: see docs/parity.md for the known traps.",
            )
