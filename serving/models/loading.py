"""From a folder on disk to a model that verified, loaded and answered its own example."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from serving.inference.engine_source import EngineSource
from serving.inference.plan import ModelPlan
from serving.models.example import input_example, require_same_answer, unanswered
from serving.models.plain import find_plain_model
from slipway.bundle.bundle import Bundle
from slipway.bundle.manifest import MANIFEST_FILE, Manifest
from slipway.bundle.statement import file_digests
from slipway.bundle.verification import require_signature
from slipway.errors import BundleError, ExportError, InferenceError
from slipway.onnx.external_data import external_files
from slipway.onnx.session import OnnxModel, Tensor
from slipway.onnx.signature import ModelSignature

if TYPE_CHECKING:
    from serving.inference.engine import Engine
    from slipway.evaluation.drift import DriftBaseline

logger = logging.getLogger(__name__)

OpenEngine = Callable[[EngineSource], "Engine"]


@dataclass(frozen=True, slots=True)
class LoadPolicy:
    """What may be loaded.

    `public_keys` are PEM files, one of which must have signed the model; none asks for no signature.
    `custom_op_libraries` bring operators that ONNX Runtime lacks; without them such a model is refused.
    """

    public_keys: tuple[Path, ...] = ()
    custom_op_libraries: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """All of a served model but its queue, which only the event loop's thread can make."""

    version: str
    digest: str
    plan: ModelPlan
    engine: Engine
    baseline: DriftBaseline | None


class Loader:
    """Loads models under one policy; `open_engine` puts a verified file into ONNX Runtime."""

    def __init__(self, open_engine: OpenEngine, policy: LoadPolicy | None = None) -> None:
        self._open_engine = open_engine
        self._policy = policy or LoadPolicy()

    def load(self, place: Path, *, version: str | None = None, digest: str | None = None) -> LoadedModel:
        """Load a bundle or a plain model; blocks, so that it belongs in a worker thread.

        Args:
            place: a bundle, a plain model's folder, or its file.
            version: else the number of a folder of versions, or the first 12 digits of the digest.
            digest: what the content must have, where somebody has said so before.

        Raises:
            BundleError: the place holds no model, or the bundle does not verify.
            SignatureError: no signature, or none by a key of the policy.
            ExportError: ONNX Runtime refuses the model.
        """
        is_bundle = (place / MANIFEST_FILE).is_file()
        loaded = self._bundle(place, version) if is_bundle else self._plain(place, version)
        if digest not in (None, loaded.digest):
            raise BundleError(
                f"'{place}' is not what was asked for",
                expected=str(digest),
                got=loaded.digest,
                cure="Fetch it again.",
            )
        logger.info("Loaded version %s (%s) from %s", loaded.version, loaded.digest, place)
        return loaded

    def _bundle(self, place: Path, version: str | None) -> LoadedModel:
        bundle = Bundle.open(place)
        self._require_signature(place, bundle.manifest)
        plan = ModelPlan.of(bundle.signature)
        example = input_example(bundle, plan)
        external_files(bundle.model_path)  # refuses those that leave the bundle
        engine = self._engine(bundle.model_path, plan, example, bundle.model_size_bytes)
        try:
            answers = engine.runner.run(plan.output_names, example)
        except InferenceError as error:
            raise unanswered(bundle, error) from error
        require_same_answer(bundle, plan, answers)
        return LoadedModel(version or _short(bundle.digest), bundle.digest, plan, engine, bundle.drift_baseline)

    def _plain(self, place: Path, version: str | None) -> LoadedModel:
        found = find_plain_model(place)
        self._require_signature(found.path.parent)
        plan = ModelPlan.of(self._signature(found.path))
        engine = self._engine(found.path, plan, None, found.size_bytes)
        return LoadedModel(version or found.number or _short(found.digest), found.digest, plan, engine, None)

    def _require_signature(self, folder: Path, manifest: Manifest | None = None) -> None:
        if keys := self._policy.public_keys:
            require_signature(folder, file_digests(folder, manifest), keys)

    def _signature(self, path: Path) -> ModelSignature:
        with _operators_named():
            return OnnxModel.open(path, custom_ops=self._policy.custom_op_libraries).signature

    def _engine(self, path: Path, plan: ModelPlan, example: dict[str, Tensor] | None, size_bytes: int) -> Engine:
        source = EngineSource(path, plan, example, size_bytes, self._policy.custom_op_libraries)
        with _operators_named():
            return self._open_engine(source)


@contextmanager
def _operators_named() -> Iterator[None]:
    try:
        yield
    except ExportError as error:
        if "is not a registered function/op" not in error.failed:
            raise
        raise ExportError(
            error.failed,
            expected="operators of ONNX and ONNX Runtime",
            cure="Name the library that brings them: --custom-op-library FILE. Its code runs in the server.",
        ) from error


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]
