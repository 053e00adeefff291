"""What a bundle came from: pipeline, parameters, code revision, every dataset down to its source."""

from __future__ import annotations

from typing import Any

from slipway.data.provenance import DatasetNode
from slipway.frozen import Frozen


class Lineage(Frozen):
    """The chain that `slipway why` prints."""

    pipeline: str
    code_revision: str
    parameters: dict[str, Any]
    datasets: tuple[DatasetNode, ...]
