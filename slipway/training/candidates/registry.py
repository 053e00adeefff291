"""The candidates that a pipeline may name: an estimator and the space its search moves in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slipway.errors import TrainingError
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


_CANDIDATES: dict[str, Candidate] = {}


def candidate(name: str, *kinds: TaskKind, space: Space) -> Callable[[Builder], Builder]:
    """Register a builder under a name for some kinds of task."""

    def register(build: Builder) -> Builder:
        _CANDIDATES[name] = Candidate(name=name, kinds=frozenset(kinds), space=space, build=build)
        return build

    return register


def candidates() -> tuple[Candidate, ...]:
    """List every candidate, by name."""
    _load()
    return tuple(sorted(_CANDIDATES.values(), key=lambda known: known.name))


def candidate_named(name: str, kind: TaskKind) -> Candidate:
    """Look a candidate up.

    Raises:
        TrainingError: the name is unknown, or not for this kind of task; lists those that are.
    """
    found = {known.name: known for known in candidates()}.get(name)
    if found is None or kind not in found.kinds:
        raise TrainingError(
            f"'{name}' is not a candidate for {kind}",
            expected=", ".join(known.name for known in candidates() if kind in known.kinds),
            cure="Correct the pipeline's `candidates`, or register it under slipway/training/candidates/.",
        )
    return found


def _load() -> None:
    # Each module registers its builders when imported.
    from slipway.training.candidates import boosting, clusters, forest, linear  # noqa: F401
