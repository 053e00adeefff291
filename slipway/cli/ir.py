"""Compiling a pipeline to KFP's intermediate representation (IR): what runs here and on a cluster.

The format is KFP's PipelineSpec (api/v2alpha1/pipeline_spec.proto) as YAML.
"""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slipway.cli.parameters import typed_overrides
from slipway.cli.project import find_pipeline, load_pipeline
from slipway.errors import PipelineError, SlipwayError
from slipway.images.names import pin_images


@dataclass(frozen=True)
class CompiledPipeline:
    """A pipeline's IR: `text` is what is written and run, `document` its first YAML document."""

    name: str
    path: Path
    text: str
    document: dict[str, Any] = field(repr=False)
    images: dict[str, str]

    def documents(self) -> list[dict[str, Any]]:
        """Return all YAML documents, as copies: the pipeline, and what holds on Kubernetes if anything does."""
        return _documents(self.text)

    def rewritten(self, documents: list[dict[str, Any]]) -> CompiledPipeline:
        """Return the pipeline with other documents."""
        return replace(self, text=_write(self.text, documents), document=documents[0])


def compile_ir(
    name_or_path: str, root: Path, *, image_prefix: str, image_base: str = "", given: dict[str, str]
) -> CompiledPipeline:
    """Compile a pipeline with its images pinned; `given` parameters become its defaults.

    Raises:
        UsageError: there is no such pipeline, or a parameter does not fit.
        PipelineError: KFP refuses the pipeline.
        ImageError: a step's image belongs to no family.
    """
    path = find_pipeline(name_or_path, root)
    pipeline = load_pipeline(str(path), root)
    text = _compile(pipeline, path.stem, {})
    if given:
        text = _compile(pipeline, path.stem, typed_overrides(_documents(text)[0], given, path.stem))
    documents = _documents(text)
    images = pin_images(documents[0], root, prefix=image_prefix, base=image_base)
    return CompiledPipeline(path.stem, path, _write(text, documents), documents[0], images)


def _compile(pipeline: Any, name: str, parameters: dict[str, Any]) -> str:
    from kfp import compiler

    with tempfile.TemporaryDirectory(prefix="slipway-compile-") as folder:
        target = Path(folder) / "pipeline.yaml"
        try:
            compiler.Compiler().compile(pipeline, str(target), pipeline_parameters=parameters or None)
        except SlipwayError:
            raise
        except Exception as error:
            raise PipelineError(
                f"Pipeline '{name}' does not compile: {error}", cure="Correct the pipeline; --debug shows where."
            ) from error
        return target.read_text()


def _documents(text: str) -> list[dict[str, Any]]:
    import yaml

    return list(yaml.safe_load_all(text))


def _write(text: str, documents: list[dict[str, Any]]) -> str:
    """Write the documents under the comment in which KFP describes the pipeline's inputs and outputs."""
    import yaml

    header = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines(keepends=True))
    return "".join(header) + yaml.safe_dump_all(documents, sort_keys=True)
