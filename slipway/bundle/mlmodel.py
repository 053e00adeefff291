"""The `MLmodel` file: MLflow's own tools open a bundle as they open any ONNX model.

Source: MLflow Models, "Storage Format"; written by hand because the bundle must be the same
bytes for the same parts, and MLflow's own writer adds a time and a random id.
"""

from __future__ import annotations

import json

import onnx
import yaml

from slipway.onnx.signature import ModelSignature, TensorSpec


def mlmodel_file(signature: ModelSignature) -> str:
    """YAML of the ONNX and python_function flavors over `model.onnx`."""
    content = {
        "flavors": {
            "onnx": {
                "data": "model.onnx",
                "onnx_version": onnx.__version__,
                "providers": ["CPUExecutionProvider"],
            },
            "python_function": {"data": "model.onnx", "loader_module": "mlflow.onnx"},
        },
        "signature": {
            "inputs": json.dumps([_tensor(spec) for spec in signature.inputs]),
            "outputs": json.dumps([_tensor(spec) for spec in signature.outputs]),
            "params": None,
        },
    }
    return yaml.safe_dump(content, sort_keys=True)


def _tensor(spec: TensorSpec) -> dict[str, object]:
    form = {"dtype": spec.datatype.numpy.name, "shape": list(spec.shape)}
    return {"type": "tensor", "name": spec.name, "tensor-spec": form}
