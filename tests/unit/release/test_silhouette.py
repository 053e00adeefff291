from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from slipway.release.silhouette import MOST_CATEGORIES, feature_space, silhouettes
from slipway.task import TaskKind, TaskSpec

TASK = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("x",), categorical=("kind",))


def blobs(seed=0, rows=600, centres=(-6.0, 0.0, 6.0)):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, len(centres), rows)
    return generator.normal(np.array(centres)[labels], 1.0)[:, None], labels


def test_silhouette_of_a_row_is_what_the_formula_says():
    space = np.array([[0.0], [2.0], [10.0], [14.0]])
    # Row 0: the other row of its cluster is at 2, the other centre at 12.
    expected = [(12 - 2) / 12, (10 - 2) / 10, (9 - 4) / 9, (13 - 4) / 13]
    assert silhouettes(space, np.array([0, 0, 1, 1])) == pytest.approx(expected)


def test_it_tracks_the_silhouette_over_all_pairs():
    from sklearn.metrics import silhouette_samples

    space, labels = blobs()
    ours = silhouettes(space, labels)
    assert np.corrcoef(ours, silhouette_samples(space, labels))[0, 1] > 0.95


def test_the_number_of_groups_that_made_the_rows_wins():
    space, _ = blobs()
    cuts = {2: [0.0], 3: [-3.0, 3.0], 6: [-6.0, -3.0, 0.0, 3.0, 6.0]}
    scores = {count: silhouettes(space, np.digitize(space[:, 0], cut)).mean() for count, cut in cuts.items()}
    assert max(scores, key=scores.__getitem__) == 3


def test_a_random_partition_is_no_better_than_one_group():
    space, _ = blobs()
    labels = np.random.default_rng(1).integers(0, 3, len(space))
    assert silhouettes(space, labels).mean() < 0


def test_a_cluster_for_each_row_gains_nothing():
    space, _ = blobs(rows=50)
    assert (silhouettes(space, np.arange(50)) == 0).all()


def test_one_group_scores_zero_on_every_row():
    space, _ = blobs()
    assert (silhouettes(space, np.full(len(space), 7)) == 0).all()


def test_names_of_the_clusters_do_not_matter():
    space, labels = blobs()
    renamed = np.array([40, -3, 9])[labels]
    assert silhouettes(space, renamed) == pytest.approx(silhouettes(space, labels))


def test_identical_rows_in_two_clusters_score_zero():
    assert silhouettes(np.zeros((4, 1)), np.array([0, 0, 1, 1])).tolist() == [0.0] * 4


def table(x, kind):
    return pa.table({"x": pa.array(x, pa.float32()), "kind": pa.array(kind, pa.string())})


def test_numbers_are_standardised_and_missing_ones_lie_at_the_mean():
    space = feature_space(table([1.0, 3.0, None], ["a", "a", "a"]), TASK)
    assert space[:, 0].tolist() == [-1.0, 1.0, 0.0]


def test_a_constant_or_empty_number_contributes_nothing():
    assert (feature_space(table([5.0, 5.0], ["a", "b"]), TASK)[:, 0] == 0).all()
    assert (feature_space(table([None, None], ["a", "b"]), TASK)[:, 0] == 0).all()


def test_two_categories_are_at_distance_one():
    space = feature_space(table([1.0, 1.0, 1.0], ["a", "b", "c"]), TASK)
    distances = [np.linalg.norm(space[i] - space[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert distances == pytest.approx([1.0] * 3)


def test_missing_and_rare_categories_lie_at_the_origin():
    kinds = [f"kind {number}" for number in range(MOST_CATEGORIES)] * 2 + ["rare", None]
    space = feature_space(table([1.0] * len(kinds), kinds), TASK)
    assert space.shape == (len(kinds), 1 + MOST_CATEGORIES)
    assert (space[-2:] == 0).all()
    assert (np.abs(space[:-2]).sum(axis=1) > 0).all()
