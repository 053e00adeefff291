"""Stage 4, the end: the candidate that scored best on the validation rows."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.errors import TrainingError
from slipway.frozen import Frozen
from slipway.training.search import SearchResult


class Selection(Frozen):
    """The winner, and all results from best to worst."""

    winner: SearchResult
    results: tuple[SearchResult, ...]


def select(results: Sequence[SearchResult]) -> Selection:
    """Rank the results; equal scores go to the name that sorts first, so the choice is repeatable.

    Raises:
        TrainingError: there are no results, or they were scored by different objectives.
    """
    if not results:
        raise TrainingError("No candidate was searched", cure="Name at least one in the pipeline's `candidates`.")
    objectives = sorted({result.objective for result in results})
    if len(objectives) > 1:
        raise TrainingError(
            "The candidates were scored by different objectives",
            expected="one",
            got=", ".join(objectives),
            cure="Search every candidate for the same task.",
        )
    ranked = tuple(sorted(results, key=lambda result: (result.score, result.candidate)))
    return Selection(winner=ranked[0], results=ranked)
