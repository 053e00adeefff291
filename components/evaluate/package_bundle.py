"""Stage 6, the end: put the model and everything known of it into one bundle."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Model, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-evaluate", install_kfp_package=False)
def package_bundle(
    model: Input[Model],
    certificate: Input[Artifact],
    evaluation: Input[Artifact],
    plots: Input[Artifact],
    selection: Input[Artifact],
    train: Input[Dataset],
    validation: Input[Dataset],
    test: Input[Dataset],
    name: str,
    pipeline: str,
    bundle: Output[Model],
) -> None:
    """Write the bundle of model, signature, parity certificate, metrics, drift baseline, lineage and card."""
    from pathlib import Path

    from slipway.bundle.package import StepOutputs, package
    from slipway.settings import load_settings

    artifacts = (model, certificate, evaluation, plots, selection, train, validation, test)
    outputs = StepOutputs(*(Path(artifact.path) for artifact in artifacts))
    revision = load_settings().code_revision
    written = package(Path(bundle.path), outputs, name=name, pipeline=pipeline, code_revision=revision)
    bundle.metadata.update(digest=written.digest, size_bytes=written.model_size_bytes)
