"""What a bundle came from: pipeline, parameters, code revision, every dataset down to its source."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from slipway.data.provenance import DatasetNode


class Lineage(BaseModel):
    """The chain that `slipway why` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeline: str
    code_revision: str
    parameters: dict[str, Any]
    datasets: tuple[DatasetNode, ...]
