"""A bundle's own example: the model must answer it as it did when the bundle was built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serving.inference.plan import ModelPlan
from slipway.bundle.bundle import Bundle
from slipway.errors import BundleError, InferenceError
from slipway.onnx.recorded import is_recorded_answer
from slipway.onnx.session import Tensor
from slipway.onnx.signature import TensorSpec
from slipway.onnx.tensor_json import values_from_json


def input_example(bundle: Bundle, plan: ModelPlan) -> dict[str, Tensor]:
    """Read the recorded inputs, one array for each input of the plan.

    Raises:
        BundleError: they do not fit the bundle's own signature.
    """
    try:
        inputs = {}
        for entry in _entries(bundle.input_example, "inputs"):
            wanted = plan.input(entry["name"])
            wanted.check_datatype(entry["datatype"])
            wanted.check_shape(entry["shape"])
            inputs[wanted.name] = _values(wanted.spec, entry)
    except (InferenceError, KeyError, TypeError) as error:
        raise unanswered(bundle, error) from error
    return inputs


def require_same_answer(bundle: Bundle, plan: ModelPlan, answers: Sequence[Tensor]) -> None:
    """Compare the model's outputs, in the plan's order, with the recorded ones.

    Raises:
        BundleError: names the first output that differs.
    """
    recorded = {entry["name"]: entry for entry in _entries(bundle.output_example, "outputs")}
    for spec, answer in zip(plan.signature.outputs, answers, strict=True):
        entry = recorded.get(spec.name)
        if entry is None or not is_recorded_answer(spec.datatype, _values(spec, entry), answer):
            raise BundleError(
                f"The model of bundle '{bundle.path}' answers the bundle's own example otherwise than recorded",
                expected=f"'{spec.name}' {_shown(entry)}",
                got=_shown({"shape": list(answer.shape), "data": answer.ravel().tolist()}),
                cure="Build the bundle again with the version of ONNX Runtime that serves it.",
            )


def unanswered(bundle: Bundle, error: Exception) -> BundleError:
    """Make the error of a model that refuses its own example."""
    return BundleError(
        f"The model of bundle '{bundle.path}' does not answer the bundle's own example: {error}",
        cure="Build the bundle again.",
    )


def _entries(content: dict[str, Any], side: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = content[side]
    return entries


def _values(spec: TensorSpec, entry: dict[str, Any]) -> Tensor:
    return values_from_json(spec.name, spec.datatype, entry["shape"], entry["data"])


def _shown(entry: dict[str, Any] | None) -> str:
    return f"shape {entry['shape']}, {str(entry['data'])[:80]}" if entry else "nothing"
