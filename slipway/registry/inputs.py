"""The datasets behind a run, as MLflow's dataset inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slipway.data.provenance import DatasetNode

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput

DIGEST_CHARACTERS = 36  # MLflow's limit; the whole digest stands in the source
SOURCE_BYTES = 65_535  # MLflow's limit; a longer list of files stands in the bundle's lineage only


def log_datasets(client: MlflowClient, run_id: str, nodes: Sequence[DatasetNode]) -> None:
    """Write each dataset with its digest and sources; MLflow keeps one of the same name and digest."""
    if nodes:
        client.log_inputs(run_id, datasets=[_dataset_input(node) for node in nodes])


def short_digest(digest: str) -> str:
    """Cut the digest, without its algorithm, to what MLflow keeps."""
    return digest.rpartition(":")[2][:DIGEST_CHARACTERS]


def _dataset_input(node: DatasetNode) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(
        name=node.name, digest=short_digest(node.digest), source_type="slipway", source=_source(node)
    )
    return DatasetInput(dataset=dataset, tags=[InputTag("mlflow.data.context", node.step)])


def _source(node: DatasetNode) -> str:
    source = node.model_dump_json()
    fits = len(source.encode()) <= SOURCE_BYTES
    return source if fits else node.model_copy(update={"sources": ()}).model_dump_json()
