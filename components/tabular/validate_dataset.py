"""Stage 2: stop before learning from data that are not what they should be."""

from kfp import dsl
from kfp.dsl import Dataset, Input


@dsl.component(base_image="python:3.11-slim", target_image="slipway-tabular", install_kfp_package=False)
def validate_dataset(dataset: Input[Dataset], expectations: dict) -> str:
    """Hold a dataset to its expectations and return its digest.

    Args:
        dataset: what to check.
        expectations: as in `pipelines/expectations/`.
    """
    from pathlib import Path

    from slipway.data.dataset import Dataset as Tables
    from slipway.data.expectations import parse_expectations, validate

    tables = Tables.open(Path(dataset.path), verify=True)
    validate(tables, parse_expectations(expectations))
    return tables.digest
