"""From what the pipeline's steps left to one bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from slipway.bundle.build import write_bundle
from slipway.bundle.bundle import Bundle
from slipway.bundle.lineage import Lineage
from slipway.bundle.parts import BundleParts
from slipway.data.dataset import Dataset
from slipway.data.provenance import merge_ancestries
from slipway.evaluation.plots import read_plots
from slipway.evaluation.reference import drift_baseline
from slipway.evaluation.report import Evaluation
from slipway.onnx.certificate import ParityCertificate
from slipway.training.selection import Selection


@dataclass(frozen=True)
class StepOutputs:
    """Where the steps before wrote."""

    model: Path
    certificate: Path
    evaluation: Path
    plots: Path
    selection: Path
    train: Path
    validation: Path
    test: Path


def package(target: Path, outputs: StepOutputs, *, name: str, pipeline: str, code_revision: str) -> Bundle:
    """Write the bundle of a pipeline run.

    Args:
        target: folder to write.
        outputs: what the steps left.
        name: the model's name.
        pipeline: the pipeline's name.
        code_revision: the Git commit that ran.
    """
    evaluation = Evaluation.model_validate_json(outputs.evaluation.read_text(encoding="utf-8"))
    train, validation, test = (Dataset.open(path) for path in (outputs.train, outputs.validation, outputs.test))
    lineage = Lineage(
        pipeline=pipeline,
        code_revision=code_revision,
        parameters=_parameters(outputs.selection),
        datasets=merge_ancestries(train.ancestry, validation.ancestry, test.ancestry),
    )
    parts = BundleParts(
        name=name,
        model=outputs.model,
        parity=ParityCertificate.model_validate_json(outputs.certificate.read_text(encoding="utf-8")),
        evaluation=evaluation,
        drift=drift_baseline(train.read(), evaluation.task),
        lineage=lineage,
        example_rows=pa.Table.from_batches([next(test.batches())]),
        plots=read_plots(outputs.plots),
    )
    return write_bundle(target, parts)


def _parameters(selection: Path) -> dict[str, object]:
    winner = Selection.model_validate_json(selection.read_text(encoding="utf-8")).winner
    return {
        "candidate": winner.candidate,
        "seed": winner.seed,
        "trials": len(winner.trials),
        f"validation_{winner.objective}": winner.score,
        **winner.params,
    }
