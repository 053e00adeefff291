"""The model bundle: the only thing that is registered, released and served.

A folder of plain files; `docs/bundle.md` lists them. Reading one needs neither pandas nor a
training framework, and nothing in it is ever unpickled.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from slipway.bundle.manifest import Manifest
from slipway.bundle.statement import SIGNATURE_NAME
from slipway.errors import BundleError
from slipway.evaluation.drift import DriftBaseline
from slipway.onnx.session import OnnxModel
from slipway.onnx.signature import ModelSignature
from slipway.records import read_record

if TYPE_CHECKING:
    from pydantic import BaseModel

    from slipway.bundle.lineage import Lineage
    from slipway.evaluation.report import Evaluation
    from slipway.onnx.certificate import ParityCertificate

MODEL_FILE = "model.onnx"
SIGNATURE_FILE = "signature.json"
INPUT_EXAMPLE_FILE = "input_example.json"
OUTPUT_EXAMPLE_FILE = "output_example.json"
PARITY_FILE = "parity.json"
EVALUATION_FILE = "evaluation.json"
DRIFT_FILE = "drift.json"
LINEAGE_FILE = "lineage.json"
CARD_FILE = "card.md"
MLMODEL_FILE = "MLmodel"
PLOTS_FOLDER = "plots"

# Written beside the files it signs, so it cannot be among them.
OUTSIDE_MANIFEST = frozenset({SIGNATURE_NAME})

_Record = TypeVar("_Record")
_Report = TypeVar("_Report", bound="BaseModel")


class Bundle:
    """A bundle folder, verified when opened."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Bundle:
        """Open and verify a bundle.

        Raises:
            BundleError: the folder is no bundle.
            DigestMismatchError: a file is missing, unexpected or changed.
        """
        manifest = Manifest.read(path)
        manifest.verify(path, leave_out=OUTSIDE_MANIFEST)
        return cls(path, manifest)

    @property
    def digest(self) -> str:
        """`sha256:…`, the name of this content."""
        return self.manifest.digest

    @property
    def model_path(self) -> Path:
        """The ONNX file."""
        return self.path / MODEL_FILE

    @property
    def model_size_bytes(self) -> int:
        """Size of the ONNX file."""
        return self.manifest.files[MODEL_FILE].size_bytes

    @cached_property
    def signature(self) -> ModelSignature:
        """What the model takes and gives."""
        return self._record(SIGNATURE_FILE, ModelSignature)

    @cached_property
    def parity(self) -> ParityCertificate:
        """How far ONNX Runtime is from the training framework."""
        from slipway.onnx.certificate import ParityCertificate

        return self._report(PARITY_FILE, ParityCertificate)

    @cached_property
    def evaluation(self) -> Evaluation:
        """Metrics on held-out rows, overall and per slice."""
        from slipway.evaluation.report import Evaluation

        return self._report(EVALUATION_FILE, Evaluation)

    @cached_property
    def drift_baseline(self) -> DriftBaseline:
        """How the features were distributed in training."""
        return self._record(DRIFT_FILE, DriftBaseline)

    @cached_property
    def lineage(self) -> Lineage:
        """Pipeline, parameters, code revision and datasets."""
        from slipway.bundle.lineage import Lineage

        return self._report(LINEAGE_FILE, Lineage)

    @cached_property
    def input_example(self) -> dict[str, Any]:
        """A request of the Open Inference Protocol that this model answers."""
        return self._read_json(INPUT_EXAMPLE_FILE)

    @cached_property
    def output_example(self) -> dict[str, Any]:
        """The recorded outputs for `input_example`."""
        return self._read_json(OUTPUT_EXAMPLE_FILE)

    def load_model(self, *, threads: int = 1) -> OnnxModel:
        """Load the ONNX model into ONNX Runtime."""
        return OnnxModel.open(self.model_path, threads=threads)

    def _record(self, name: str, kind: type[_Record]) -> _Record:
        try:
            return read_record(kind, self._read_json(name))
        except ValueError as error:
            raise self._unreadable(name, error) from error

    def _report(self, name: str, kind: type[_Report]) -> _Report:
        try:
            return kind.model_validate(self._read_json(name))
        except ValueError as error:
            raise self._unreadable(name, error) from error

    def _read_json(self, name: str) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._unreadable(name, error) from error
        return content

    def _unreadable(self, name: str, error: Exception) -> BundleError:
        return BundleError(
            f"{name} of bundle '{self.path}' cannot be read: {error}",
            cure="The bundle was written by another version of Slipway: build it again.",
        )
