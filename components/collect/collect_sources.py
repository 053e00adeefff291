"""Stage 1: bring the pinned files of a source in."""

from kfp import dsl
from kfp.dsl import Dataset, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-collect", install_kfp_package=False)
def collect_sources(source: dict, dataset: Output[Dataset]) -> None:
    """Fetch every file of a source, hold it to its SHA-256 and write one dataset.

    Args:
        source: a description as in `pipelines/sources/`.
        dataset: the tables, untouched.
    """
    from pathlib import Path

    from slipway.data.collect import collect, parse_source

    collected = collect(parse_source(source), Path(dataset.path))
    dataset.metadata.update(digest=collected.digest, rows=collected.rows)
