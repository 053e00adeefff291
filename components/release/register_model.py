"""Stage 7: record the run, register the version, move the aliases."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Artifact, Input, Markdown, Model


@dsl.component(base_image="python:3.11-slim", target_image="slipway-release", install_kfp_package=False)
def register_model(
    bundle: Input[Model],
    selection: Input[Artifact],
    verdict: Input[Artifact],
    report: Input[Markdown],
    name: str,
) -> NamedTuple("Release", [("model", str), ("version", str), ("decision", str)]):  # type: ignore[valid-type]
    """Record the run with its candidates; register the bundle as challenger; promote it if the gate said so.

    A refused bundle is recorded with its verdict and never registered: the step fails and says why.
    """
    from pathlib import Path

    from slipway.release.publish import JudgedOutputs, publish
    from slipway.settings import load_settings

    outputs = JudgedOutputs(*(Path(artifact.path) for artifact in (bundle, selection, verdict, report)))
    release = publish(outputs, name=name, settings=load_settings())
    return (release.uri, release.version, str(release.decision))
