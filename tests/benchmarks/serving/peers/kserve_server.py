"""A KServe Python server as its documentation shows one: a custom model, here over ONNX Runtime.

`python kserve_server.py NAME MODEL THREADS --http_port PORT --grpc_port PORT`
"""

import sys

import onnxruntime as ort
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.utils.utils import from_np_dtype


class OnnxModel(Model):
    """One session, asked where the request is handled, as KServe's own runtimes are."""

    def __init__(self, name: str, path: str, threads: int) -> None:
        super().__init__(name)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.ready = True

    def predict(self, payload: InferRequest, headers: object = None) -> InferResponse:  # noqa: ARG002 (KServe passes it)
        """Answer one request."""
        feed = {one.name: one.as_numpy() for one in payload.inputs}
        values = self._session.run(self._outputs, feed)
        outputs = []
        for name, value in zip(self._outputs, values, strict=True):
            output = InferOutput(name, list(value.shape), from_np_dtype(value.dtype))
            output.set_data_from_numpy(value, binary_data=payload.use_binary_outputs)
            outputs.append(output)
        return InferResponse(payload.id, self.name, outputs, use_binary_outputs=payload.use_binary_outputs)


if __name__ == "__main__":
    ModelServer().start([OnnxModel(sys.argv[1], sys.argv[2], int(sys.argv[3]))])
