"""How well each row sits in its cluster: the silhouette to centres, in one space for every model.

Two clusterings, of different k and from models that scale features differently, are comparable
only in a space that neither of them chose. It is made from the judged rows: numbers standardised,
categories as indicators that put two different categories at distance 1.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.release.held_out import Codes, Floats
from slipway.task import TaskSpec

MOST_CATEGORIES = 50
Space = NDArray[np.float64]


def feature_space(rows: pa.Table, task: TaskSpec) -> Space:
    """Raw features as `[rows, dimensions]`.

    A missing number lies at the mean, a missing or rare category at the origin.
    """
    numbers = [_standardised(rows.column(name)) for name in task.numeric]
    indicators = [_indicators(rows.column(name)) for name in task.categorical]
    return np.hstack([*numbers, *indicators])


def silhouettes(space: Space, labels: Codes) -> Floats:
    """Silhouette of each row to cluster centres, -1 (in the wrong cluster) to 1, `[rows]`.

    `(b - a) / max(a, b)`: a is the distance to the centre of the other rows of the own cluster, b to
    the nearest other centre. A row alone in its cluster, or among rows that all share one, gets 0.

    Sources: P. J. Rousseeuw, "Silhouettes" (1987), for the index, its 0 and its use across k;
    E. R. Hruschka, R. J. G. B. Campello, L. N. de Castro, "Evolving clusters in gene-expression
    data" (2006), for centres in place of all pairs, which is linear in rows. Leaving the row
    itself out of its centre keeps small clusters from looking tight.
    """
    _, own = np.unique(labels, return_inverse=True)
    sizes = np.bincount(own)
    if sizes.size < 2:
        return np.zeros(labels.size)
    distances = _distances(space, _centres(space, own, sizes))
    everyone = np.arange(labels.size)
    members = sizes[own]
    inside = distances[everyone, own] * members / np.maximum(members - 1, 1)
    distances[everyone, own] = np.inf
    outside = distances.min(axis=1)
    largest = np.maximum(inside, outside)
    known = (members > 1) & (largest > 0)
    return np.where(known, (outside - inside) / np.where(known, largest, 1.0), 0.0)


def _centres(space: Space, own: Codes, sizes: Codes) -> Space:
    sums = np.zeros((sizes.size, space.shape[1]))
    np.add.at(sums, own, space)
    return np.asarray(sums / sizes[:, None], dtype=np.float64)


def _distances(space: Space, centres: Space) -> Floats:
    columns = [np.linalg.norm(space - centre, axis=1) for centre in centres]
    return np.stack(columns, axis=1)


def _standardised(column: pa.ChunkedArray) -> Space:
    values = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return np.zeros((values.size, 1))
    spread = float(values[known].std()) or 1.0
    scaled = (values - values[known].mean()) / spread
    return np.where(known, scaled, 0.0).reshape(-1, 1)


def _indicators(column: pa.ChunkedArray) -> Space:
    texts = column.cast(pa.string()).combine_chunks()
    counted = pc.value_counts(texts.drop_null()).to_pylist()
    counted.sort(key=lambda item: (-item["counts"], item["values"]))
    kept = [item["values"] for item in counted[:MOST_CATEGORIES]]
    codes = pc.index_in(texts, value_set=pa.array(kept, pa.string())).fill_null(len(kept))
    identity = np.vstack([np.eye(len(kept)), np.zeros((1, len(kept)))]) / np.sqrt(2)
    return np.asarray(identity[codes.to_numpy(zero_copy_only=False)], dtype=np.float64)
