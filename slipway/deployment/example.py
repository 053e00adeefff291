"""Whether an endpoint answers a bundle's own example as recorded, through the same door as its clients."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from slipway.deployment.wanted import Wanted
from slipway.endpoint.client import Answer, Endpoint, tensor_from_json
from slipway.errors import AnswerMismatchError, EndpointError
from slipway.onnx.recorded import is_recorded_answer
from slipway.onnx.tensor_json import NamedTensor

# Several, each by a connection of its own: behind the gateway there may be several replicas.
ANSWERS = 5
# What a gateway takes to learn which pods are there.
SETTLING_SECONDS = 30.0
_PAUSE_SECONDS = 0.5


def require_recorded_answers(
    endpoint: Endpoint, wanted: Wanted, settling_seconds: float = SETTLING_SECONDS
) -> None:
    """Ask for the example until it was answered five times in a row by the wanted bundle.

    Args:
        endpoint: where to ask.
        wanted: the bundle that must answer.
        settling_seconds: how long no answer, or one of another bundle, is waited out.

    Raises:
        AnswerMismatchError: it answers otherwise, or another bundle goes on answering.
        EndpointError: it goes on not answering.
        InferenceError: it refuses the bundle's own example.
    """
    inputs = _tensors(wanted.bundle.input_example, "inputs")
    deadline = time.monotonic() + settling_seconds
    answered = 0
    while answered < ANSWERS:
        try:
            answer = endpoint.infer(inputs)
            _require_bundle(answer, wanted)
        except (AnswerMismatchError, EndpointError):
            if time.monotonic() > deadline:
                raise
            answered = 0
            time.sleep(_PAUSE_SECONDS)
            continue
        _require_recorded(answer, wanted)
        answered += 1


def _require_bundle(answer: Answer, wanted: Wanted) -> None:
    facts = wanted.facts
    if (answer.version, answer.digest) != (facts.version, facts.digest):
        raise AnswerMismatchError(
            f"The endpoint of '{facts.model}' serves another bundle",
            expected=f"version {facts.version}, {facts.digest}",
            got=f"version {answer.version or 'not said'}, {answer.digest or 'no digest'}",
            cure="Look for another endpoint with the same host: 'slipway endpoints'.",
        )


def _require_recorded(answer: Answer, wanted: Wanted) -> None:
    given = {tensor.name: tensor for tensor in answer.outputs}
    for recorded in _tensors(wanted.bundle.output_example, "outputs"):
        found = given.get(recorded.name)
        if found is None or not is_recorded_answer(recorded.datatype, recorded.values, found.values):
            raise AnswerMismatchError(
                f"The endpoint of '{wanted.facts.model}' answers the bundle's own example otherwise than recorded",
                expected=_shown(recorded),
                got=_shown(found) if found else f"no output '{recorded.name}'",
                cure="Compare the versions of ONNX Runtime: that of the server's image and that of the bundle.",
            )


def _tensors(content: Mapping[str, Any], side: str) -> tuple[NamedTensor, ...]:
    return tuple(tensor_from_json(entry) for entry in content[side])


def _shown(tensor: NamedTensor) -> str:
    return f"'{tensor.name}' of shape {list(tensor.values.shape)}, {str(tensor.values.ravel().tolist())[:80]}"
