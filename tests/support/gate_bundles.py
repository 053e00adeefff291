"""Real bundles and held-out rows for the gate, over ONNX graphs whose answers are known in closed form.

Every model reads `x` (FP32) and `carrier` (BYTES). The rows come from the same law, so the loss
of each model is known: the classifier of slope 1 and no carrier offset is the true one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
from onnx import TensorProto, helper

from slipway.bundle.build import write_bundle
from slipway.bundle.bundle import Bundle
from slipway.bundle.lineage import Lineage
from slipway.bundle.parts import BundleParts
from slipway.data.provenance import DatasetNode
from slipway.evaluation.reference import drift_baseline
from slipway.evaluation.report import Evaluation
from slipway.onnx.certificate import Comparison, ParityCertificate, Tolerance
from slipway.task import TaskKind, TaskSpec

CARRIERS = ("AA", "DL", "UA")
CLASSIFICATION = TaskSpec(
    kind=TaskKind.CLASSIFICATION,
    target="late",
    numeric=("x",),
    categorical=("carrier",),
    slices=("carrier",),
    block="day",
)
REGRESSION = CLASSIFICATION.model_copy(update={"kind": TaskKind.REGRESSION, "target": "delay"})
CLUSTERING = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("x",), categorical=("carrier",), slices=("carrier",))


@dataclass(frozen=True)
class Law:
    """Score of a model: slope * feature + offset of the carrier."""

    slope: float = 1.0
    feature: str = "x"
    offsets: Mapping[str, float] = field(default_factory=dict)


def held_out_rows(days: int = 60, rows_a_day: int = 50, seed: int = 7) -> pa.Table:
    """Rows with features, both targets and a block column; the true score is `x`, plus noise of the day."""
    generator = np.random.default_rng(seed)
    count = days * rows_a_day
    x = generator.normal(0, 1.5, count).astype(np.float32)
    day = np.repeat(np.arange(days), rows_a_day)
    chance = 1 / (1 + np.exp(-x))
    noise = generator.normal(0, 0.3, count) + generator.normal(0, 0.2, days)[day]
    return pa.table(
        {
            "x": pa.array(x),
            "carrier": pa.array(np.array(CARRIERS)[generator.integers(0, len(CARRIERS), count)]),
            "day": pa.array([f"day {number:03d}" for number in day]),
            "late": pa.array((generator.random(count) < chance).astype(np.int64)),
            "delay": pa.array((x + noise).astype(np.float32)),
        }
    )


def classifier_bundle(target: Path, law: Law = Law(), **changes: object) -> Bundle:
    """P(late) = sigmoid(score), as `label` and `probabilities`."""
    nodes = [
        helper.make_node("Sigmoid", ["score"], ["late"]),
        helper.make_node("Sub", ["one", "late"], ["on_time"]),
        helper.make_node("Concat", ["on_time", "late"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    outputs = [_value("label", TensorProto.INT64, [None]), _value("probabilities", TensorProto.FLOAT, [None, 2])]
    task = CLASSIFICATION.model_copy(update={"numeric": (law.feature,)})
    return gate_bundle(target, _model(law, nodes, outputs), task, **changes)


def regressor_bundle(target: Path, law: Law = Law(), **changes: object) -> Bundle:
    """The score itself as `prediction`."""
    nodes = [helper.make_node("Identity", ["score"], ["prediction"])]
    outputs = [_value("prediction", TensorProto.FLOAT, [None, 1])]
    return gate_bundle(target, _model(law, nodes, outputs), REGRESSION, **changes)


def clustering_bundle(target: Path, centres: Sequence[float], **changes: object) -> Bundle:
    """The nearest of `centres` on the axis of `x`, as `cluster` and `distances`."""
    nodes = [
        helper.make_node("Sub", ["score", "centres"], ["differences"]),
        helper.make_node("Abs", ["differences"], ["distances"]),
        helper.make_node("ArgMin", ["distances"], ["cluster"], axis=1, keepdims=0),
    ]
    outputs = [
        _value("cluster", TensorProto.INT64, [None]),
        _value("distances", TensorProto.FLOAT, [None, len(centres)]),
    ]
    constants = [helper.make_tensor("centres", TensorProto.FLOAT, [1, len(centres)], centres)]
    return gate_bundle(target, _model(Law(), nodes, outputs, constants), CLUSTERING, **changes)


def score_model(output: str, columns: int) -> onnx.ModelProto:
    """A graph that gives the raw score, `columns` times, under any name."""
    nodes = [helper.make_node("Concat", ["score"] * columns, [output], axis=1)]
    return _model(Law(), nodes, [_value(output, TensorProto.FLOAT, [None, columns])])


def gate_bundle(
    target: Path, model: onnx.ModelProto, task: TaskSpec, *, passed: bool = True, code_revision: str = "abc"
) -> Bundle:
    """Write a bundle around a model; `passed` is its parity."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.parent / f"{target.name}.onnx"
    onnx.save(model, path)
    rows = held_out_rows(days=2, rows_a_day=20)
    rows = rows.rename_columns([task.numeric[0], *rows.column_names[1:]])
    digest = "sha256:" + "0" * 64
    node = DatasetNode(name="flights", digest=digest, rows=rows.num_rows, step="collect_sources")
    return write_bundle(
        target,
        BundleParts(
            name=target.name,
            model=path,
            parity=parity(passed=passed),
            evaluation=Evaluation(
                task=task, dataset_digest=digest, rows=rows.num_rows, metrics={"loss": 0.5}, baseline={"loss": 0.7}
            ),
            drift=drift_baseline(rows, task),
            lineage=Lineage(pipeline="gate", code_revision=code_revision, parameters={}, datasets=(node,)),
            example_rows=rows,
        ),
    )


def parity(*, passed: bool) -> ParityCertificate:
    """A certificate over 40 rows."""
    return ParityCertificate(
        framework="scikit-learn 1.9.1",
        runtime="onnxruntime 1.32.0",
        tolerance=Tolerance(),
        held_out=Comparison(
            rows=40,
            max_absolute_error=1.2e-7 if passed else 0.31,
            max_relative_error=1.2e-7 if passed else 0.31,
            label_agreement=1.0 if passed else 0.95,
            rows_beyond_tolerance=0 if passed else 2,
        ),
        probes=None,
        passed=passed,
        reasons=() if passed else ("2 of 40 labels differ",),
    )


def _model(
    law: Law,
    nodes: Sequence[onnx.NodeProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Sequence[onnx.TensorProto] = (),
) -> onnx.ModelProto:
    numbers = {"slope": law.slope, "one": 1.0}
    scalars = [helper.make_tensor(name, TensorProto.FLOAT, [], [value]) for name, value in numbers.items()]
    inputs = [_value(law.feature, TensorProto.FLOAT, [None, 1]), _value("carrier", TensorProto.STRING, [None, 1])]
    graph = helper.make_graph([*_score(law), *nodes], "gate", inputs, list(outputs), [*scalars, *constants])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    return model


def _score(law: Law) -> list[onnx.NodeProto]:
    offsets = [law.offsets.get(carrier, 0.0) for carrier in CARRIERS]
    return [
        helper.make_node(
            "LabelEncoder",
            ["carrier"],
            ["offset"],
            domain="ai.onnx.ml",
            keys_strings=list(CARRIERS),
            values_floats=offsets,
            default_float=0.0,
        ),
        helper.make_node("Mul", [law.feature, "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["score"]),
    ]


def _value(name: str, kind: int, shape: list[int | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
