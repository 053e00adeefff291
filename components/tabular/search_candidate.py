"""Stage 4: search the hyperparameters of one candidate."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-tabular", install_kfp_package=False)
def search_candidate(
    train: Input[Dataset],
    validation: Input[Dataset],
    task: dict,
    candidate: str,
    trials: int,
    rows: int,
    seed: int,
    result: Output[Artifact],
) -> None:
    """Try `trials` settings of a candidate on at most `rows` training rows; keep the best on validation."""
    from pathlib import Path

    from slipway.data.dataset import Dataset as Tables
    from slipway.storage import write_whole
    from slipway.task import parse_task
    from slipway.training.search import SearchBudget, search

    learn, choose = (Tables.open(Path(part.path)).read() for part in (train, validation))
    budget = SearchBudget(trials=trials, train_rows=rows, seed=seed)
    found = search(candidate, parse_task(task), learn, choose, budget)
    write_whole(Path(result.path), found.model_dump_json(indent=2))
    result.metadata.update(candidate=candidate, score=found.score, objective=found.objective)
