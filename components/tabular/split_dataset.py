"""Stage 3: train, validation and test."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-tabular", install_kfp_package=False)
def split_dataset(
    dataset: Input[Dataset],
    rule: dict,
    share: float,
    train: Output[Dataset],
    validation: Output[Dataset],
    test: Output[Dataset],
) -> None:
    """Split by time or by a stable hash.

    Args:
        dataset: one table.
        rule: `TimeSplit` or `HashSplit` of `slipway.data.split`, told apart by `kind`.
        share: of the rows to keep; below 1 for a quick trial.
        train: to learn from.
        validation: to choose by.
        test: to judge on; no earlier step sees it.
    """
    from pathlib import Path

    from slipway.data.dataset import Dataset as Tables
    from slipway.data.split import parse_split, split

    parts = {"train": train, "validation": validation, "test": test}
    split(
        Tables.open(Path(dataset.path)),
        parse_split(rule),
        {n: Path(p.path) for n, p in parts.items()},
        share=share,
    )
    for part in parts.values():
        tables = Tables.open(Path(part.path))
        part.metadata.update(digest=tables.digest, rows=tables.rows)
