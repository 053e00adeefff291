"""Real bundles over small ONNX models whose answers are known in closed form."""

from __future__ import annotations

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
from slipway.onnx.signature import Datatype
from slipway.task import TaskKind, TaskSpec

CARRIER_EFFECTS = {"AA": 0.5, "UA": -0.5}
EXAMPLE_ROWS = pa.table(
    {
        "distance": pa.array([100.0, 2000.0, None], pa.float32()),
        "carrier": pa.array(["AA", "UA", "ZZ"], pa.string()),
    }
)
TASK = TaskSpec(
    kind=TaskKind.CLASSIFICATION,
    target="late",
    numeric=("distance",),
    categorical=("carrier",),
    positive_name="late",
)
_TYPES = {
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.UINT8: TensorProto.UINT8,
    Datatype.UINT16: TensorProto.UINT16,
    Datatype.UINT32: TensorProto.UINT32,
    Datatype.UINT64: TensorProto.UINT64,
    Datatype.INT8: TensorProto.INT8,
    Datatype.INT16: TensorProto.INT16,
    Datatype.INT32: TensorProto.INT32,
    Datatype.INT64: TensorProto.INT64,
    Datatype.FP16: TensorProto.FLOAT16,
    Datatype.BF16: TensorProto.BFLOAT16,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.BYTES: TensorProto.STRING,
}


def expected_probability(distance: float, carrier: str) -> float:
    """P(late) of the tiny model: sigmoid(distance / 1000 + effect), a missing distance being 0."""
    known = 0.0 if np.isnan(distance) else distance
    return float(1 / (1 + np.exp(-(known / 1000 + CARRIER_EFFECTS.get(carrier, 0.0)))))


def tiny_bundle(target: Path) -> Bundle:
    """A classifier of `distance` (FP32) and `carrier` (BYTES) that gives `label` and `probabilities`."""
    return bundle_of(target, _classifier(), EXAMPLE_ROWS, TASK)


def echo_bundle(target: Path) -> Bundle:
    """One input for each datatype, named after it, and an output `<name>_out` that repeats it."""
    task = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("fp32",), categorical=("bytes",))
    return bundle_of(target, _echo(), _echo_rows(), task)


def picking_bundle(target: Path) -> Bundle:
    """A model of one INT64 `index` that gives the entry of [10, 20, 30] there, and fails beyond it."""
    values = helper.make_tensor("values", TensorProto.FLOAT, [3], [10, 20, 30])
    graph = helper.make_graph(
        [helper.make_node("Gather", ["values", "index"], ["picked"])],
        "picking",
        [_value("index", Datatype.INT64, [None, 1])],
        [_value("picked", Datatype.FP32, [None, 1])],
        [values],
    )
    rows = pa.table({"index": pa.array([0, 2], pa.int64())})
    task = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("index",))
    return bundle_of(target, _model(graph), rows, task)


def bundle_of(target: Path, model: onnx.ModelProto, rows: pa.Table, task: TaskSpec) -> Bundle:
    """Write a bundle around any model; `rows` are its example and its drift baseline."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.parent / f"{target.name}.onnx"
    onnx.save(model, path)
    try:
        return write_bundle(target, _parts(target.name, path, rows, task))
    finally:
        path.unlink()


def _parts(name: str, model: Path, rows: pa.Table, task: TaskSpec) -> BundleParts:
    digest = "sha256:" + "0" * 64
    exact = Comparison(
        rows=rows.num_rows,
        max_absolute_error=0.0,
        max_relative_error=0.0,
        label_agreement=1.0,
        rows_beyond_tolerance=0,
    )
    node = DatasetNode(name="flights", digest=digest, rows=rows.num_rows, step="collect_sources")
    return BundleParts(
        name=name,
        model=model,
        parity=ParityCertificate(
            framework="onnx reference",
            runtime="onnxruntime",
            tolerance=Tolerance(),
            held_out=exact,
            probes=None,
            passed=True,
            reasons=(),
        ),
        evaluation=Evaluation(
            task=task,
            dataset_digest=digest,
            rows=rows.num_rows,
            metrics={"roc_auc": 0.75},
            baseline={"roc_auc": 0.5},
        ),
        drift=drift_baseline(rows, task),
        lineage=Lineage(pipeline="tiny", code_revision="unknown", parameters={}, datasets=(node,)),
        example_rows=rows,
    )


def _classifier() -> onnx.ModelProto:
    nodes = [
        helper.make_node("IsNaN", ["distance"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "distance"], ["known"]),
        helper.make_node("Mul", ["known", "scale"], ["scaled"]),
        helper.make_node(
            "LabelEncoder",
            ["carrier"],
            ["effect"],
            domain="ai.onnx.ml",
            keys_strings=list(CARRIER_EFFECTS),
            values_floats=list(CARRIER_EFFECTS.values()),
            default_float=0.0,
        ),
        helper.make_node("Add", ["scaled", "effect"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["late"]),
        helper.make_node("Sub", ["one", "late"], ["on_time"]),
        helper.make_node("Concat", ["on_time", "late"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    constants = [
        helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        for name, value in (("zero", 0.0), ("one", 1.0), ("scale", 0.001))
    ]
    inputs = [_value("distance", Datatype.FP32, [None, 1]), _value("carrier", Datatype.BYTES, [None, 1])]
    outputs = [_value("label", Datatype.INT64, [None]), _value("probabilities", Datatype.FP32, [None, 2])]
    return _model(helper.make_graph(nodes, "tiny", inputs, outputs, constants))


def _echo() -> onnx.ModelProto:
    names = [datatype.lower() for datatype in Datatype]
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in names]
    inputs = [_value(datatype.lower(), datatype, [None, 1]) for datatype in Datatype]
    outputs = [_value(f"{datatype.lower()}_out", datatype, [None, 1]) for datatype in Datatype]
    return _model(helper.make_graph(nodes, "echo", inputs, outputs))


def _echo_rows() -> pa.Table:
    columns = {
        datatype.lower(): pa.array(np.array([0, 1], dtype=datatype.numpy))
        for datatype in Datatype
        if datatype is not Datatype.BYTES
    }
    return pa.table({**columns, "bytes": pa.array(["", "a"])})


def _value(name: str, datatype: Datatype, shape: list[int | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, _TYPES[datatype], shape)


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    return model
