"""Clustering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.task import TaskKind, TaskSpec
from slipway.training.candidates.registry import Params, candidate
from slipway.training.preprocessing import scaled_one_hot

if TYPE_CHECKING:
    from optuna import Trial
    from sklearn.pipeline import Pipeline


def _space(trial: Trial) -> dict[str, Any]:
    return {"n_clusters": trial.suggest_int("n_clusters", 2, 8)}


@candidate("kmeans", TaskKind.CLUSTERING, space=_space)
def kmeans(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """Lloyd's k-means from ten starts."""
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline

    return make_pipeline(scaled_one_hot(task), KMeans(n_init=10, random_state=seed, **params))


@candidate("minibatch_kmeans", TaskKind.CLUSTERING, space=_space)
def minibatch_kmeans(task: TaskSpec, params: Params, seed: int) -> Pipeline:
    """k-means on random batches, for tables too long for Lloyd's."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.pipeline import make_pipeline

    return make_pipeline(scaled_one_hot(task), MiniBatchKMeans(n_init=10, random_state=seed, **params))
