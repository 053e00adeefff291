"""A custom MLServer runtime over ONNX Runtime; MLServer itself has none."""

import numpy as np
import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse, RequestInput


class OnnxRuntime(MLModel):
    """One session, asked on the event loop: these models answer sooner than a thread is woken."""

    async def load(self) -> bool:
        """Open the model that the settings name."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = self.settings.parameters.extra["threads"]
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self.settings.parameters.uri
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer one request."""
        feed = {one.name: _values(one) for one in payload.inputs}
        values = self._session.run(self._outputs, feed)
        outputs = []
        for name, value in zip(self._outputs, values, strict=True):
            output = NumpyCodec.encode_output(name, value)
            output.shape = list(value.shape)  # the codec tells [N] as [N, 1]
            outputs.append(output)
        return InferenceResponse(model_name=self.name, outputs=outputs)


def _values(one: RequestInput) -> np.ndarray:
    if one.datatype == "BYTES":
        return np.array(StringCodec.decode_input(one), dtype=object).reshape(one.shape)
    return NumpyCodec.decode_input(one)
