"""A small real bundle for registry tests: one linear unit in ONNX, with its lineage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
from onnx import TensorProto, helper, numpy_helper

from slipway.bundle.build import write_bundle
from slipway.bundle.bundle import Bundle
from slipway.bundle.lineage import Lineage
from slipway.bundle.parts import BundleParts
from slipway.data.provenance import DatasetNode, SourceFile
from slipway.evaluation.reference import drift_baseline
from slipway.evaluation.report import Evaluation
from slipway.onnx.certificate import Comparison, ParityCertificate, Tolerance
from slipway.task import TaskKind, TaskSpec

SOURCE = SourceFile(url="https://data.example/flights.csv", sha256="a" * 64, licence="CC0-1.0")
RAW = DatasetNode(name="raw", digest=f"sha256:{'1' * 64}", rows=9, step="collect_sources", sources=(SOURCE,))
TRAIN = DatasetNode(name="train", digest=f"sha256:{'2' * 64}", rows=6, step="split_dataset", parents=(RAW.digest,))
TASK = TaskSpec(kind=TaskKind.REGRESSION, target="delay", numeric=("distance",))


def registry_bundle(folder: Path, *, weight: float = 2.0, parity_passed: bool = True) -> Bundle:
    """Write a bundle that answers `distance * weight`; another weight makes another digest."""
    model = folder.parent / f"{folder.name}.onnx"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_bytes(_linear(weight))
    rows = pa.table({"distance": pa.array([1.0, 2.0, 3.0, 4.0], pa.float32())})
    return write_bundle(
        folder,
        BundleParts(
            name="tiny",
            model=model,
            parity=_certificate(passed=parity_passed),
            evaluation=Evaluation(
                task=TASK,
                dataset_digest=TRAIN.digest,
                rows=4,
                metrics={"rmse": 1.5 / weight},
                baseline={"rmse": 3.0},
            ),
            drift=drift_baseline(rows, TASK),
            lineage=Lineage(
                pipeline="tiny_pipeline",
                code_revision="c0ffee1",
                parameters={"search": {"trials": 3}},
                datasets=(RAW, TRAIN),
            ),
            example_rows=rows,
            plots={"residuals": b"\x89PNG not looked into"},
        ),
    )


def _linear(weight: float) -> bytes:
    graph = helper.make_graph(
        [helper.make_node("Mul", ["distance", "weight"], ["prediction"])],
        "linear",
        [helper.make_tensor_value_info("distance", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(np.array([weight], dtype=np.float32), "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _certificate(*, passed: bool) -> ParityCertificate:
    exact = Comparison(
        rows=4,
        max_absolute_error=1e-7 if passed else 0.5,
        max_relative_error=1e-7,
        label_agreement=1.0,
        rows_beyond_tolerance=0 if passed else 4,
    )
    return ParityCertificate(
        framework="scikit-learn 1.9.1",
        runtime="onnxruntime 1.32.0",
        tolerance=Tolerance(),
        held_out=exact,
        probes=None,
        passed=passed,
        reasons=() if passed else ("max absolute error 0.5 > 0.0001",),
    )
