"""A bundle for each benchmark model, with a drift baseline, made once and kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import onnx
import pyarrow as pa

from slipway.bundle import bundle as names
from slipway.bundle.bundle import Bundle
from slipway.bundle.manifest import MANIFEST_FILE, Manifest
from slipway.bundle.mlmodel import mlmodel_file
from slipway.evaluation.drift import DriftBaseline
from slipway.onnx.session import OnnxModel
from slipway.onnx.tensor_json import tensor_json
from slipway.storage import sha256_file, whole_folder
from tests.benchmarks.serving import graphs, models, trees
from tests.benchmarks.serving.models import BenchmarkModel
from tests.support.tiny_bundle import bundle_of, tiny_bundle

_BASELINE_ROWS = 2000


def bundle_for(model: BenchmarkModel, work: Path) -> Bundle:
    """Return the model's bundle below `work`, built at most once for each state of what builds it."""
    recipe = "".join(sha256_file(Path(str(module.__file__)))[:8] for module in (graphs, models, trees))
    target = work / "bundles" / f"{model.name}-{recipe}"
    if not target.exists():
        if model.name == "columns":
            rows = pa.Table.from_pandas(trees.column_rows(_BASELINE_ROWS), preserve_index=False)
            return bundle_of(target, model.build(), rows, trees.column_task())
        _write_wide_bundle(target, model)
    return Bundle.open(target)


def _write_wide_bundle(target: Path, model: BenchmarkModel) -> None:
    # Slipway's own models have an input for each column; of a tiny one's bundle, only what differs is replaced.
    with whole_folder(target) as folder:
        tiny = tiny_bundle(folder / "tiny")
        for path in tiny.path.iterdir():
            path.rename(folder / path.name)
        shutil.rmtree(tiny.path)
        onnx.save(model.build(), folder / names.MODEL_FILE)
        _write_facts(folder, model)
        manifest = Manifest.of_folder(folder)
        (folder / MANIFEST_FILE).write_text(manifest.canonical() + "\n", encoding="utf-8")


def _write_facts(folder: Path, model: BenchmarkModel) -> None:
    opened = OnnxModel.open(folder / names.MODEL_FILE)
    signature, inputs = opened.signature, model.rows(2)
    outputs = opened.run(inputs)
    asked = [tensor_json(spec.name, spec.datatype, inputs[spec.name]) for spec in signature.inputs]
    told = [tensor_json(spec.name, spec.datatype, outputs[spec.name]) for spec in signature.outputs]
    facts = {
        names.SIGNATURE_FILE: asdict(signature),
        names.INPUT_EXAMPLE_FILE: {"inputs": asked},
        names.OUTPUT_EXAMPLE_FILE: {"outputs": told},
        names.DRIFT_FILE: asdict(DriftBaseline(rows=0, features={})),  # a wide input has no named features
    }
    for name, content in facts.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / names.MLMODEL_FILE).write_text(mlmodel_file(signature), encoding="utf-8")
