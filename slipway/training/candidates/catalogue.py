"""Every candidate that a pipeline may name."""

from __future__ import annotations

from slipway.errors import TrainingError
from slipway.task import TaskKind

# Each of these modules registers its candidates when imported.
from slipway.training.candidates import boosting, clusters, forest, linear  # noqa: F401
from slipway.training.candidates.registry import CANDIDATES, Candidate


def candidates() -> tuple[Candidate, ...]:
    """List every candidate, by name."""
    return tuple(sorted(CANDIDATES.values(), key=lambda known: known.name))


def candidate_named(name: str, kind: TaskKind) -> Candidate:
    """Look a candidate up.

    Raises:
        TrainingError: the name is unknown, or not for this kind of task; lists those that are.
    """
    found = CANDIDATES.get(name)
    if found is None or kind not in found.kinds:
        raise TrainingError(
            f"'{name}' is not a candidate for {kind}",
            expected=", ".join(known.name for known in candidates() if kind in known.kinds),
            cure="Correct the pipeline's `candidates`, or register it under slipway/training/candidates/.",
        )
    return found
