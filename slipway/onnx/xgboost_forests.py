"""Reads XGBoost's gradient-boosted trees.

Source: XGBoost, "Introduction to Model IO", the JSON schema of a booster; a value goes left when
it is below the float32 threshold.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from slipway.errors import ExportError
from slipway.onnx.forests import Forest, Integers, Link, Tree, forest_reader

_LINKS = {
    "binary:logistic": Link.LOGISTIC,
    "reg:squarederror": Link.IDENTITY,
    "reg:absoluteerror": Link.IDENTITY,
    "reg:pseudohubererror": Link.IDENTITY,
    "reg:quantileerror": Link.IDENTITY,
    "count:poisson": Link.EXP,
    "reg:gamma": Link.EXP,
    "reg:tweedie": Link.EXP,
}


@forest_reader("xgboost.XGBClassifier", "xgboost.XGBRegressor")
def read_xgboost(estimator: Any) -> Forest:
    """Sum the trees up to the best iteration on the base score, through the objective's link.

    Raises:
        ExportError: the booster is not `gbtree`, the objective is not a listed one, there are
            several targets, categories are split natively, or `missing` is not NaN.
    """
    learner = json.loads(bytes(estimator.get_booster().save_raw("json")))["learner"]
    objective, booster = learner["objective"]["name"], learner["gradient_booster"]
    _require_exportable(estimator, objective, booster)
    link = _LINKS[objective]
    model = booster["model"]
    trees = tuple(_tree(tree) for tree in model["trees"][: _used_trees(estimator, model)])
    return Forest(trees, link, base=_base(learner, link), strict=True)


def _require_exportable(estimator: Any, objective: str, booster: dict[str, Any]) -> None:
    if objective not in _LINKS:
        raise _refusal(f"objective '{objective}'", f"one of {', '.join(_LINKS)}")
    if booster["name"] != "gbtree":
        raise _refusal(f"booster '{booster['name']}'", "booster 'gbtree'")
    if not math.isnan(estimator.missing):
        raise _refusal(f"missing={estimator.missing}", "missing=NaN")
    trees = booster["model"]["trees"]
    if any(any(tree["split_type"]) for tree in trees):
        raise _refusal("native categorical splits", "enable_categorical=False and encoded categories")
    if any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees) or any(
        booster["model"]["tree_info"]
    ):
        raise _refusal("several targets", "one target")


def _refusal(got: str, expected: str) -> ExportError:
    return ExportError(
        f"XGBoost with {got} cannot be exported",
        expected=expected,
        cure="Fit the model with the expected parameter.",
    )


def _used_trees(estimator: Any, model: dict[str, Any]) -> int:
    """Early stopping keeps trees that prediction does not use."""
    stopped = estimator.get_booster().attr("best_iteration")
    starts = model["iteration_indptr"]
    return int(starts[-1] if stopped is None else starts[int(stopped) + 1])


def _base(learner: dict[str, Any], link: Link) -> float:
    """Put the base score on the scale of the sum: XGBoost keeps it on the scale of the answer, as '[5E-1]'."""
    scores = json.loads(learner["learner_model_param"]["base_score"])
    score = float(np.float32(scores[0] if isinstance(scores, list) else scores))
    if link is Link.LOGISTIC:
        return math.log(score / (1.0 - score))
    return math.log(score) if link is Link.EXP else score


def _tree(tree: dict[str, Any]) -> Tree:
    left, right = (np.array(tree[name], dtype=np.int64) for name in ("left_children", "right_children"))
    kept = _reachable(left, right)
    number = np.full(len(left) + 1, -1)  # the last entry stands for "no child"
    number[kept] = np.arange(len(kept))
    conditions = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)[kept]
    return Tree(
        feature=np.array(tree["split_indices"], dtype=np.int64)[kept],
        threshold=conditions,
        left=number[left[kept]],
        right=number[right[kept]],
        missing_left=np.array(tree["default_left"], dtype=np.bool_)[kept],
        value=conditions,
    )


def _reachable(left: Integers, right: Integers) -> Integers:
    """List the nodes that a row can come to; pruning leaves the others in the file."""
    found = [0]
    for node in found:
        if left[node] >= 0:
            found += [int(left[node]), int(right[node])]
    return np.sort(found)
