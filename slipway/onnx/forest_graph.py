"""Writes a tree ensemble as ONNX, in float64.

ONNX Runtime's float32 ensembles round scikit-learn's float64 thresholds, which sends rows the
wrong way, and add leaves in float32, which breaks the ties of a forest's vote. Here features are
cast to float64, thresholds and leaves stay what they were, and only the sum is rounded to float32.

Source: ONNX operators, `ai.onnx.ml` TreeEnsembleRegressor version 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from slipway.errors import ExportError
from slipway.onnx.forests import Forest, Link, Tree, reader_for
from slipway.onnx.graph import add_constant, new_names

_ML = "ai.onnx.ml"
_ML_VERSION = 3


def convert_forest_regressor(scope: Any, operator: Any, container: Any) -> None:
    """Convert, for skl2onnx, to FP32 predictions `[rows, 1]`."""
    forest = _read(operator.raw_operator)
    answer = operator.outputs[0].full_name
    if forest.link is Link.EXP:
        total = _add_ensemble(forest, scope, operator, container)
        container.add_node("Exp", [total], [answer])
        return
    if forest.link is Link.LOGISTIC:
        raise ExportError("A regression on the logistic scale cannot be exported", cure="Choose another loss.")
    _add_ensemble(forest, scope, operator, container, answer)


def convert_forest_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Convert, for skl2onnx, to INT64 labels `[rows]` and FP32 probabilities `[rows, 2]`."""
    forest = _read(operator.raw_operator)
    total = _add_ensemble(forest, scope, operator, container)
    negative, positive = _add_probabilities(forest.link, total, scope, container)
    label, probabilities = (output.full_name for output in operator.outputs)
    container.add_node("Concat", [negative, positive], [probabilities], axis=1, op_version=13)
    _add_label(positive, label, scope, container)


def _read(estimator: Any) -> Forest:
    read = reader_for(estimator)
    if read is None:
        raise ExportError(f"{type(estimator).__name__} is no tree ensemble")
    return read(estimator)


def _add_probabilities(link: Link, total: str, scope: Any, container: Any) -> tuple[str, str]:
    (negative,) = new_names(scope, "negative")
    if link is Link.MEAN:
        one = add_constant("one", np.ones(1, dtype=np.float32), scope, container)
        container.add_node("Sub", [one, total], [negative], op_version=14)
        return negative, total
    opposite, positive = new_names(scope, "opposite", "positive")
    container.add_node("Neg", [total], [opposite], op_version=13)
    container.add_node("Sigmoid", [opposite], [negative], op_version=13)
    container.add_node("Sigmoid", [total], [positive], op_version=13)
    return negative, positive


def _add_label(positive: str, label: str, scope: Any, container: Any) -> None:
    """Class 1 above one half: a tie is class 0, as in both frameworks."""
    half = add_constant("half", np.full(1, 0.5, dtype=np.float32), scope, container)
    shape = add_constant("shape", np.array([-1], dtype=np.int64), scope, container)
    is_above, column = new_names(scope, "is_above", "column")
    container.add_node("Greater", [positive, half], [is_above], op_version=13)
    container.add_node("Cast", [is_above], [column], to=TensorProto.INT64, op_version=13)
    container.add_node("Reshape", [column, shape], [label], op_version=14)


def _add_ensemble(forest: Forest, scope: Any, operator: Any, container: Any, total: str = "") -> str:
    features, sum_name = new_names(scope, "features", "total")
    container.add_node("Cast", [operator.inputs[0].full_name], [features], to=TensorProto.DOUBLE, op_version=13)
    total = total or sum_name
    container.add_node(
        "TreeEnsembleRegressor",
        [features],
        [total],
        op_domain=_ML,
        op_version=_ML_VERSION,
        **ensemble_attributes(forest),
    )
    return total


def ensemble_attributes(forest: Forest) -> dict[str, Any]:
    """Write the attributes of a TreeEnsembleRegressor with one target and float64 numbers."""
    trees, leaves = forest.trees, [np.flatnonzero(tree.is_leaf) for tree in forest.trees]
    counts, leaf_counts = [len(tree.left) for tree in trees], [len(nodes) for nodes in leaves]
    weights = np.concatenate([tree.value[nodes] for tree, nodes in zip(trees, leaves, strict=True)])
    return {
        "n_targets": 1,
        "aggregate_function": "AVERAGE" if forest.link is Link.MEAN else "SUM",
        "base_values_as_tensor": _tensor("base_values", np.array([forest.base])),
        "nodes_treeids": np.repeat(np.arange(len(trees)), counts).tolist(),
        "nodes_nodeids": np.concatenate([np.arange(count) for count in counts]).tolist(),
        "nodes_featureids": _joined(trees, lambda tree: tree.feature),
        "nodes_modes": [mode for tree in trees for mode in _modes(tree, forest)],
        "nodes_values_as_tensor": _tensor("nodes_values", np.concatenate([_thresholds(tree) for tree in trees])),
        "nodes_truenodeids": _joined(trees, lambda tree: tree.left),
        "nodes_falsenodeids": _joined(trees, lambda tree: tree.right),
        "nodes_missing_value_tracks_true": _joined(trees, lambda tree: tree.missing_left),
        "target_treeids": np.repeat(np.arange(len(trees)), leaf_counts).tolist(),
        "target_nodeids": np.concatenate(leaves).tolist(),
        "target_ids": [0] * len(weights),
        "target_weights_as_tensor": _tensor("target_weights", weights),
    }


def _joined(trees: tuple[Tree, ...], part: Any) -> list[int]:
    """One integer for each node, 0 in the leaves."""
    pieces = [np.where(tree.is_leaf, 0, part(tree)) for tree in trees]
    return [int(number) for number in np.concatenate(pieces)]


def _thresholds(tree: Tree) -> NDArray[np.float64]:
    return np.where(tree.is_leaf, 0.0, tree.threshold)


def _modes(tree: Tree, forest: Forest) -> list[str]:
    branch = "BRANCH_LT" if forest.strict else "BRANCH_LEQ"
    return ["LEAF" if leaf else branch for leaf in tree.is_leaf]


def _tensor(name: str, values: NDArray[np.float64]) -> Any:
    return numpy_helper.from_array(values, name)
