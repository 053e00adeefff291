"""The models a server has, by name and version."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from serving.codec import decode_request
from serving.engine import Engine, OnnxEngine
from slipway.bundle.bundle import Bundle
from slipway.errors import BundleError, InferenceError, ModelNotFoundError, UsageError

logger = logging.getLogger(__name__)

# A name stands in the path of a URL, a version also in a header.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One loaded model; `digest` names the content of its bundle."""

    name: str
    version: str
    digest: str
    engine: Engine

    def __post_init__(self) -> None:
        for what, value in (("name", self.name), ("version", self.version)):
            if not _NAME.fullmatch(value):
                raise UsageError(
                    f"The model's {what} cannot stand in a URL",
                    expected="letters, digits, '.', '_' and '-'",
                    got=repr(value),
                    cure=f"Give another with --{what}.",
                )


def load_model(path: Path, *, name: str, version: str | None = None, threads: int = 1) -> ServedModel:
    """Verify a bundle, load its model and have it answer the bundle's own example.

    Without a version, the first 12 digits of the bundle's digest stand for it.

    Raises:
        BundleError: the folder is no bundle, a digest does not match, or the example fails.
        ExportError: ONNX Runtime refuses the model.
        UsageError: the name or the version cannot stand in a URL.
    """
    bundle = Bundle.open(path)
    engine = OnnxEngine.of_bundle(bundle, threads=threads)
    model = ServedModel(name, version or bundle.digest.removeprefix("sha256:")[:12], bundle.digest, engine)
    _answer_example(bundle, engine)
    logger.info("Loaded %s version %s (%s)", model.name, model.version, model.digest)
    return model


class Models:
    """What a server answers for; one version of each name."""

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self._by_name = {model.name: model for model in models}

    def find(self, name: str, version: str | None = None) -> ServedModel:
        """Return the model of that name, and of that version if one is asked for.

        Raises:
            ModelNotFoundError: there is none; names what there is.
        """
        model = self._by_name.get(name)
        if model is None:
            raise ModelNotFoundError(
                f"Model '{name}' is not served here",
                expected=", ".join(sorted(self._by_name)),
                cure="Ask for a model that is.",
            )
        if version not in (None, model.version):
            raise ModelNotFoundError(
                f"Version '{version}' of model '{name}' is not served here",
                expected=model.version,
                cure="Ask for that version, or leave it out.",
            )
        return model


def _answer_example(bundle: Bundle, engine: Engine) -> None:
    try:
        engine.infer(decode_request(json.dumps(bundle.input_example).encode()))
    except InferenceError as error:
        raise BundleError(
            f"The model of bundle '{bundle.path}' does not answer the bundle's own example: {error}",
            cure="Build the bundle again.",
        ) from error
