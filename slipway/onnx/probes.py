"""Rows where a wrong conversion shows: at the split thresholds of trees, and with unseen categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slipway.errors import ExportError
from slipway.onnx.blocks import blocks
from slipway.onnx.forests import Forest, Integers, Tree, reader_for
from slipway.onnx.thresholds import Float32, from_ranks, last_true, ranks
from slipway.task import TaskSpec

if TYPE_CHECKING:
    import pandas as pd

# A private-use character of Unicode: no data set has this category.
UNSEEN_CATEGORY = "\ue000 unseen"

_STEPS = (-1, 0, 1, 2)
_WALKED_ROWS = 4096


def unseen_probes(rows: pd.DataFrame, task: TaskSpec) -> pd.DataFrame | None:
    """One row for each categorical column, with a category that no model has seen; None without such columns."""
    if not task.categorical:
        return None
    frame = rows.iloc[np.arange(len(task.categorical)) % len(rows)].reset_index(drop=True)
    for number, name in enumerate(task.categorical):
        frame.loc[number, name] = UNSEEN_CATEGORY
    return frame


def split_probes(model: Any, rows: pd.DataFrame, task: TaskSpec, *, limit: int, seed: int) -> pd.DataFrame | None:
    """Real rows moved to the split thresholds of a fitted pipeline's trees.

    For each probed split, a row that reaches it (a random one where none does) is given, in the
    split's raw column, the last float32 that goes left, the first that goes right, and one more
    on either side. Preprocessing in between is inverted by bisection over all float32 numbers, so
    the two middle rows are exact even behind a scaler.

    Args:
        model: a Pipeline of a ColumnTransformer and an estimator.
        rows: real rows, with the columns of the task.
        task: names the numeric columns, the only ones that are moved.
        limit: most rows to return; where there are more splits, a random sample is probed.
        seed: of the sample.

    Returns:
        At most `limit` rows, or None when the model has no splits on a numeric column.
    """
    forest = _forest(model[-1])
    if forest is None:
        return None
    columns = feature_columns(model, task)
    random = np.random.default_rng(seed)
    splits = _sampled_splits(forest, columns, limit // len(_STEPS), random)
    if not len(splits):
        return None
    frame = _reaching_rows(model, rows, forest, splits, random)
    return _moved(model, frame, forest, splits, columns)


def _forest(estimator: Any) -> Forest | None:
    read = reader_for(estimator)
    try:
        return read(estimator) if read else None
    except ExportError:
        return None  # its splits are of a kind that cannot be exported; held-out rows must show what was lost


def feature_columns(model: Any, task: TaskSpec) -> NDArray[np.object_]:
    """For each feature that enters the estimator, the numeric raw column it is made of, or None.

    A block of the ColumnTransformer counts when it gives one feature for each of its columns.
    """
    transformer = model[0]
    places = transformer.output_indices_
    columns = np.full(max(place.stop for place in places.values()), None, dtype=object)
    if len(model) > 2:
        return columns
    for block in blocks(transformer):
        place = places[block.name]
        if place.stop - place.start == len(block.columns):
            columns[place] = [column if column in task.numeric else None for column in block.columns]
    return columns


def _sampled_splits(
    forest: Forest, columns: NDArray[np.object_], limit: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw `[splits, 2]`, the tree and the node of each split to probe, in the trees' order."""
    numeric = np.array([column is not None for column in columns])
    found = [
        np.column_stack([np.full(len(nodes), number), nodes])
        for number, tree in enumerate(forest.trees)
        for nodes in [np.flatnonzero(~tree.is_leaf & numeric[tree.feature] & np.isfinite(tree.threshold))]
    ]
    splits = np.concatenate(found)
    return splits[np.sort(random.permutation(len(splits))[:limit])]


def _reaching_rows(
    model: Any, rows: pd.DataFrame, forest: Forest, splits: NDArray[np.int64], random: np.random.Generator
) -> pd.DataFrame:
    walked = rows.iloc[random.permutation(len(rows))[:_WALKED_ROWS]]
    features = _features(model, walked)
    chosen = random.integers(0, len(walked), len(splits))
    for number in np.unique(splits[:, 0]):
        of_tree = splits[:, 0] == number
        visitors = _visitors(forest, forest.trees[number], features)[splits[of_tree, 1]]
        chosen[of_tree] = np.where(visitors < 0, chosen[of_tree], visitors)
    return walked.iloc[chosen].reset_index(drop=True)


def _visitors(forest: Forest, tree: Tree, features: NDArray[np.float64]) -> Integers:
    """For each node of a tree, a row that passes through it, or -1."""
    everyone = np.arange(len(features))
    visitor, place = np.full(len(tree.left), -1), np.zeros(len(features), dtype=np.int64)
    while True:
        visitor[place] = everyone
        if tree.is_leaf[place].all():
            return visitor
        values = features[everyone, tree.feature[place]]
        left = np.where(
            np.isnan(values), tree.missing_left[place], forest.goes_left(values, tree.threshold[place])
        )
        place = np.where(tree.is_leaf[place], place, np.where(left, tree.left[place], tree.right[place]))


def _moved(
    model: Any, frame: pd.DataFrame, forest: Forest, splits: NDArray[np.int64], columns: NDArray[np.object_]
) -> pd.DataFrame | None:
    import pandas as pd

    thresholds = np.array([forest.trees[tree].threshold[node] for tree, node in splits])
    features = np.array([forest.trees[tree].feature[node] for tree, node in splits])
    names = columns[features]

    def goes_left(values: Float32) -> NDArray[np.bool_]:
        seen = _features(model, _with_values(frame, names, values))[np.arange(len(frame)), features]
        return forest.goes_left(seen, thresholds)

    last, is_real = last_true(goes_left, len(frame))
    if not is_real.any():
        return None
    kept, names, places = frame[is_real], names[is_real], ranks(last[is_real])
    return pd.concat([_with_values(kept, names, from_ranks(places + step)) for step in _STEPS], ignore_index=True)


def _with_values(frame: pd.DataFrame, names: NDArray[np.object_], values: Float32) -> pd.DataFrame:
    """Copy a frame, with one value of each row changed, in the column that `names` gives."""
    moved = frame.copy()
    for name in set(names):
        moved[name] = np.where(names == name, values, moved[name].to_numpy())
    return moved


def _features(model: Any, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Compute what enters the estimator, `[rows, features]`."""
    with np.errstate(over="ignore"):
        features = model[:-1].transform(frame[list(model.feature_names_in_)])
    dense = features.toarray() if hasattr(features, "toarray") else features
    return np.asarray(dense, dtype=np.float64)
