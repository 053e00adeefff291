"""How a candidate is declared: an estimator and the space its search moves in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slipway.task import TaskKind, TaskSpec

if TYPE_CHECKING:
    from optuna import Trial
    from sklearn.pipeline import Pipeline

Params = Mapping[str, Any]
Space = Callable[["Trial"], dict[str, Any]]
Builder = Callable[[TaskSpec, Params, int], "Pipeline"]


@dataclass(frozen=True)
class Candidate:
    """One kind of learner.

    `space` draws hyperparameters from an Optuna trial; `build` makes the unfitted pipeline of
    preprocessing and estimator from a task, hyperparameters and a seed.
    """

    name: str
    kinds: frozenset[TaskKind]
    space: Space
    build: Builder


CANDIDATES: dict[str, Candidate] = {}


def candidate(name: str, *kinds: TaskKind, space: Space) -> Callable[[Builder], Builder]:
    """Register a builder under a name for some kinds of task."""

    def register(build: Builder) -> Builder:
        CANDIDATES[name] = Candidate(name=name, kinds=frozenset(kinds), space=space, build=build)
        return build

    return register
