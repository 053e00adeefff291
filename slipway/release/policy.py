"""What a release must satisfy: error rates, margins and budgets."""

from __future__ import annotations

from pydantic import Field, model_validator

from slipway.errors import UsageError
from slipway.frozen import Frozen

# A p-value counts resamples: fewer than ten beyond the critical value make it a lottery.
_LEAST_RESAMPLES_IN_TAIL = 10


class GatePolicy(Frozen):
    """The gate's rules in numbers; a pipeline states its own, the defaults fit a tabular model."""

    error_rate: float = Field(
        default=0.05, gt=0, lt=0.5, description="largest chance of promoting a model that is no better"
    )
    minimum_improvement: float = Field(
        default=0.0, ge=0, lt=1, description="share of the champion's mean loss that must be saved"
    )
    slice_margin: float = Field(
        default=0.02, ge=0, description="share by which a slice's mean loss may exceed the champion's"
    )
    slice_error_rate: float = Field(
        default=0.05, gt=0, lt=0.5, description="largest chance of any slice being found worse by accident"
    )
    minimum_slice_rows: int = Field(default=200, ge=2, description="a smaller slice is shown, not judged")
    minimum_blocks: int = Field(
        default=10, ge=5, description="fewer independent blocks of rows cannot carry a test"
    )
    model_size_budget_mb: float = Field(default=100.0, gt=0, description="largest ONNX file, 10^6 bytes")
    latency_budget_ms: float = Field(
        default=50.0, gt=0, description="largest 99th percentile of one-row requests, one thread"
    )
    latency_requests: int = Field(default=300, ge=100, description="one-row requests timed in each round")
    resamples: int = Field(default=2000, ge=100, description="resamples of the blocks in each test")
    seed: int = Field(default=0, ge=0, description="of the resamples: the same rows get the same verdict")

    @model_validator(mode="after")
    def _has_enough_resamples(self) -> GatePolicy:
        strictest = min(self.error_rate, self.slice_error_rate)
        if (self.resamples + 1) * strictest < _LEAST_RESAMPLES_IN_TAIL:
            raise UsageError(
                f"{self.resamples} resamples cannot measure an error rate of {strictest:g}",
                expected=f"at least {_LEAST_RESAMPLES_IN_TAIL / strictest:,.0f}",
                cure="Raise `resamples` in the gate's policy, or the error rate.",
            )
        return self
