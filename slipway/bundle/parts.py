"""What a bundle is made of, before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from slipway.bundle.lineage import Lineage
from slipway.evaluation.drift import DriftBaseline
from slipway.evaluation.report import Evaluation
from slipway.onnx.certificate import ParityCertificate


@dataclass(frozen=True)
class BundleParts:
    """What a bundle is made of; `example_rows` are held-out rows with the model's feature columns."""

    name: str
    model: Path
    parity: ParityCertificate
    evaluation: Evaluation
    drift: DriftBaseline
    lineage: Lineage
    example_rows: pa.Table
    plots: Mapping[str, bytes] = field(default_factory=dict)
