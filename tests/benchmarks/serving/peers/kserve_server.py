"""A KServe Python server as its documentation shows one: a custom model, here over ONNX Runtime.

`python kserve_server.py NAME MODEL --http_port PORT --grpc_port PORT`
"""

import sys

import numpy as np
import onnxruntime as ort
from kserve import InferInput, InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.utils.utils import from_np_dtype, generate_uuid


class OnnxModel(Model):
    """One session with its defaults, asked where the request is handled, as in KServe's own runtimes."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name)
        self._session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.ready = True

    def predict(self, payload: InferRequest, headers: object = None) -> InferResponse:  # noqa: ARG002
        """Answer one request."""
        values = self._session.run(self._outputs, {one.name: _values(one) for one in payload.inputs})
        outputs = []
        for name, value in zip(self._outputs, values, strict=True):
            output = InferOutput(name, list(value.shape), from_np_dtype(value.dtype))
            output.set_data_from_numpy(value, binary_data=payload.use_binary_outputs)
            outputs.append(output)
        number = payload.id or generate_uuid()
        return InferResponse(number, self.name, outputs, use_binary_outputs=payload.use_binary_outputs)


def _values(one: InferInput) -> np.ndarray:
    values = one.as_numpy()
    if one.datatype != "BYTES":
        return values
    texts = [text.decode() if isinstance(text, bytes) else text for text in values.ravel()]
    return np.array(texts, dtype=object).reshape(values.shape)


if __name__ == "__main__":
    ModelServer().start([OnnxModel(sys.argv[1], sys.argv[2])])
