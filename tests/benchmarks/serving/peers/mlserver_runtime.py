"""A custom MLServer runtime over ONNX Runtime; MLServer itself has none."""

import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


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
        feed = {}
        for one in payload.inputs:
            values = NumpyCodec.decode_input(one)
            feed[one.name] = values.astype(str).astype(object) if one.datatype == "BYTES" else values
        values = self._session.run(self._outputs, feed)
        outputs = [
            NumpyCodec.encode_output(name, value) for name, value in zip(self._outputs, values, strict=True)
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
