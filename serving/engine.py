"""What answers a request: today ONNX Runtime, one request at a time for each thread.

A batching engine or another runtime is another class with these two members.
"""

from __future__ import annotations

from typing import Protocol

from serving.protocol import InferRequest, InferResponse
from slipway.bundle.bundle import Bundle
from slipway.errors import InferenceError
from slipway.onnx.session import OnnxModel
from slipway.onnx.signature import ModelSignature
from slipway.onnx.tensor_json import NamedTensor


class Engine(Protocol):
    """Answers requests; `infer` is called from several threads at once and may block."""

    @property
    def signature(self) -> ModelSignature:
        """What the model takes and gives."""

    def infer(self, request: InferRequest) -> InferResponse:
        """Answer one request.

        Raises:
            InferenceError: the request does not fit the model, or the model refuses its values.
        """


class OnnxEngine:
    """ONNX Runtime on the CPU."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    @classmethod
    def of_bundle(cls, bundle: Bundle, *, threads: int = 1) -> OnnxEngine:
        """Load a bundle's model; `threads` work on one request.

        Raises:
            ExportError: ONNX Runtime refuses the model.
        """
        return cls(bundle.load_model(threads=threads))

    @property
    def signature(self) -> ModelSignature:
        """What the model takes and gives."""
        return self._model.signature

    def infer(self, request: InferRequest) -> InferResponse:
        """Answer one request; see `Engine.infer`."""
        names = request.outputs or self.signature.output_names
        self._require_known(names)
        answers = self._model.run({tensor.name: tensor.values for tensor in request.inputs}, names)
        datatypes = {spec.name: spec.datatype for spec in self.signature.outputs}
        outputs = tuple(NamedTensor(name, datatypes[name], answers[name]) for name in names)
        return InferResponse(outputs=outputs, id=request.id)

    def _require_known(self, names: tuple[str, ...]) -> None:
        unknown = [name for name in names if name not in self.signature.output_names]
        if unknown:
            raise InferenceError(
                "The requested outputs are not the model's",
                expected=", ".join(self.signature.output_names),
                got=", ".join(unknown),
                cure="Ask for outputs of the model's metadata, or for none to get all.",
            )
