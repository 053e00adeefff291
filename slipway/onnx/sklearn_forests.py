"""Reads scikit-learn's random forests and histogram gradient boosting.

Sources: `sklearn.tree._tree.Tree` (a value goes left when it is at most the threshold) and
`sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from slipway.errors import ExportError
from slipway.onnx.forests import Forest, Link, Tree, forest_reader

_HISTOGRAM_LINKS = {"IdentityLink": Link.IDENTITY, "LogLink": Link.EXP, "LogitLink": Link.LOGISTIC}


@forest_reader(
    "sklearn.RandomForestClassifier",
    "sklearn.RandomForestRegressor",
    "sklearn.ExtraTreesClassifier",
    "sklearn.ExtraTreesRegressor",
)
def read_random_forest(estimator: Any) -> Forest:
    """Average the trees; a classifier's leaf holds the share of class 1.

    Raises:
        ExportError: there are several targets.
    """
    if estimator.n_outputs_ != 1:
        raise ExportError(f"A forest of {estimator.n_outputs_} targets cannot be exported", expected="one target")
    position = 1 if hasattr(estimator, "classes_") else 0
    return Forest(tuple(_random_tree(fitted.tree_, position) for fitted in estimator.estimators_), Link.MEAN)


def _random_tree(tree: Any, position: int) -> Tree:
    return Tree(
        feature=np.asarray(tree.feature, dtype=np.int64),
        threshold=np.asarray(tree.threshold, dtype=np.float64),
        left=np.asarray(tree.children_left, dtype=np.int64),
        right=np.asarray(tree.children_right, dtype=np.int64),
        missing_left=np.asarray(tree.missing_go_to_left, dtype=np.bool_),
        value=np.asarray(tree.value[:, 0, position], dtype=np.float64),
    )


@forest_reader("sklearn.HistGradientBoostingClassifier", "sklearn.HistGradientBoostingRegressor")
def read_histogram_boosting(estimator: Any) -> Forest:
    """Sum the trees on the baseline, through the loss's own link.

    Raises:
        ExportError: the model splits on categories natively, has several trees an iteration, or
            its loss has a link that ONNX graphs are not made for.
    """
    if estimator.is_categorical_ is not None:
        raise ExportError(
            f"{type(estimator).__name__} splits on `categorical_features` itself, which ONNX conversion loses",
            expected="numeric features only",
            cure="Encode categories with OneHotEncoder or OrdinalEncoder and set categorical_features=None.",
        )
    link = _HISTOGRAM_LINKS.get(type(estimator._loss.link).__name__)
    if link is None or estimator.n_trees_per_iteration_ != 1:
        raise ExportError(
            f"{type(estimator).__name__} with loss '{estimator.loss}' cannot be exported",
            expected=f"one tree an iteration and one of the links {', '.join(_HISTOGRAM_LINKS)}",
            cure="Choose another loss.",
        )
    trees = tuple(_histogram_tree(predictors[0].nodes) for predictors in estimator._predictors)
    return Forest(trees, link, base=float(np.ravel(estimator._baseline_prediction)[0]))


def _histogram_tree(nodes: Any) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"].astype(np.float64),
    )
