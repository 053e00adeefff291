"""Writing a bundle: whole or not at all, the same bytes for the same parts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from slipway.bundle import bundle as names
from slipway.bundle.bundle import Bundle
from slipway.bundle.card import model_card
from slipway.bundle.manifest import MANIFEST_FILE, Manifest
from slipway.bundle.mlmodel import mlmodel_file
from slipway.bundle.parts import BundleParts
from slipway.onnx.columns import tensors_from_table
from slipway.onnx.session import OnnxModel, Tensor
from slipway.onnx.signature import ModelSignature
from slipway.onnx.tensor_json import tensor_json
from slipway.storage import whole_folder

EXAMPLE_ROWS = 2


def write_bundle(target: Path, parts: BundleParts) -> Bundle:
    """Write the bundle folder, then open it as any reader would."""
    with whole_folder(target) as folder:
        shutil.copyfile(parts.model, folder / names.MODEL_FILE)
        model = OnnxModel.open(folder / names.MODEL_FILE)
        _write_model_facts(folder, model, parts)
        _write_reports(folder, parts)
        manifest = Manifest.of_folder(folder)
        (folder / MANIFEST_FILE).write_text(manifest.canonical() + "\n", encoding="utf-8")
    return Bundle.open(target)


def _write_model_facts(folder: Path, model: OnnxModel, parts: BundleParts) -> None:
    inputs = tensors_from_table(parts.example_rows.slice(0, EXAMPLE_ROWS), model.signature)
    outputs = model.run(inputs)
    _write_json(folder / names.SIGNATURE_FILE, asdict(model.signature))
    _write_json(folder / names.INPUT_EXAMPLE_FILE, {"inputs": _tensors(model.signature, inputs, "inputs")})
    _write_json(folder / names.OUTPUT_EXAMPLE_FILE, {"outputs": _tensors(model.signature, outputs, "outputs")})
    (folder / names.MLMODEL_FILE).write_text(mlmodel_file(model.signature), encoding="utf-8")


def _write_reports(folder: Path, parts: BundleParts) -> None:
    _write_json(folder / names.PARITY_FILE, parts.parity)
    _write_json(folder / names.EVALUATION_FILE, parts.evaluation)
    _write_json(folder / names.DRIFT_FILE, asdict(parts.drift))
    _write_json(folder / names.LINEAGE_FILE, parts.lineage)
    plots = folder / names.PLOTS_FOLDER
    plots.mkdir()
    for name, picture in sorted(parts.plots.items()):
        (plots / f"{name}.png").write_bytes(picture)
    (folder / names.CARD_FILE).write_text(model_card(parts), encoding="utf-8")


def _tensors(signature: ModelSignature, values: Mapping[str, Tensor], side: str) -> list[dict[str, Any]]:
    specs = signature.inputs if side == "inputs" else signature.outputs
    return [tensor_json(spec.name, spec.datatype, values[spec.name]) for spec in specs]


def _write_json(path: Path, content: BaseModel | dict[str, Any]) -> None:
    data = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")
