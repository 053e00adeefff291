"""Stages 2 and 3: join, clean and compute features in SQL."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-tabular", install_kfp_package=False)
def transform_dataset(
    dataset: Input[Dataset], query: str, name: str, key: list, transformed: Output[Dataset]
) -> None:
    """Write the rows of a query as a dataset of one table.

    Args:
        dataset: whose tables the query names.
        query: one SELECT.
        name: name of the result.
        key: columns that name a row of the result.
        transformed: the result, sorted by `key`.
    """
    from pathlib import Path

    from slipway.data.dataset import Dataset as Tables
    from slipway.data.query import transform

    result = transform(Tables.open(Path(dataset.path)), query, Path(transformed.path), name=name, key=key)
    transformed.metadata.update(digest=result.digest, rows=result.rows)
