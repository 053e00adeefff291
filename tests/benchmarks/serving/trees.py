"""Boosted trees as Slipway exports them: fitted on made-up rows of a realistic shape, always the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, helper

from slipway.onnx.export import export_model
from slipway.task import TaskKind, TaskSpec

TREES, DEPTH = 100, 8
_ROWS = 20_000
_SEED = 7
_CATEGORIES = {"carrier": 16, "origin": 3, "destination": 100, "aircraft": 20}
_NUMBERS = tuple(f"number_{place}" for place in range(13))


def wide_rows(count: int, features: int) -> NDArray[np.float32]:
    """Return rows [count, features] like those that the wide model is fitted on."""
    return np.random.default_rng(_SEED).normal(size=(count, features)).astype(np.float32)


def wide_trees(features: int) -> onnx.ModelProto:
    """`features` FP32 [rows, features] → `label` INT64 [rows], `probabilities` FP32 [rows, 2]."""
    names = tuple(f"feature_{place}" for place in range(features))
    rows = pd.DataFrame(wide_rows(_ROWS, features), columns=list(names))
    score = rows.iloc[:, 0] * rows.iloc[:, 1] + rows.iloc[:, 2:6].sum(axis=1) - rows.iloc[:, 6] ** 2
    task = TaskSpec(kind=TaskKind.CLASSIFICATION, target="target", numeric=names)
    return _joined(_exported(rows, score, task, "tab"), features)


def column_task() -> TaskSpec:
    """Return the task of the columns model: thirteen numbers and four categories, as of a flight."""
    return TaskSpec(
        kind=TaskKind.CLASSIFICATION, target="target", numeric=_NUMBERS, categorical=tuple(_CATEGORIES)
    )


def column_rows(count: int) -> pd.DataFrame:
    """Return rows like those that the columns model is fitted on."""
    random = np.random.default_rng(_SEED)
    numbers = {name: random.normal(size=count).astype(np.float32) for name in _NUMBERS}
    texts = {
        name: np.array([f"{name[:2].upper()}{place}" for place in range(size)])[random.integers(0, size, count)]
        for name, size in _CATEGORIES.items()
    }
    return pd.DataFrame({**numbers, **texts})


def column_trees() -> onnx.ModelProto:
    """Seventeen inputs [rows, 1], FP32 and BYTES → `label` INT64 [rows], `probabilities` FP32 [rows, 2]."""
    rows = column_rows(_ROWS)
    score = rows["number_0"] * rows["number_1"] + rows["number_2"] + (rows["carrier"] < "CA5")
    return _exported(rows, score, column_task(), "columns")


def _exported(rows: pd.DataFrame, score: Any, task: TaskSpec, name: str) -> onnx.ModelProto:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder
    from xgboost import XGBClassifier

    noise = np.random.default_rng(_SEED + 1).normal(size=len(rows))
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    steps = [("numbers", "passthrough", list(task.numeric))]
    steps += [("categories", encoder, list(task.categorical))] if task.categorical else []
    trees = XGBClassifier(n_estimators=TREES, max_depth=DEPTH, random_state=_SEED, n_jobs=1)
    model = Pipeline([("columns", ColumnTransformer(steps)), ("trees", trees)])
    model.fit(rows, (score + noise > 0).astype(np.int64))
    return onnx.load_from_string(export_model(model, task, name=name, rows=rows))


def _joined(model: onnx.ModelProto, features: int) -> onnx.ModelProto:
    """Give the model one matrix in place of its columns, by taking away the node that joins them."""
    graph = model.graph
    join = graph.node[0]
    if join.op_type != "Concat" or list(join.input) != [value.name for value in graph.input]:
        raise ValueError(f"the exported graph starts with {join.op_type}, expected a Concat of its inputs")
    matrix = join.output[0]
    del graph.node[0], graph.input[:]
    graph.input.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", features]))
    for node in graph.node:
        node.input[:] = ["features" if value == matrix else value for value in node.input]
    onnx.checker.check_model(model, full_check=True)
    return model
