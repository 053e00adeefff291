"""The ONNX Runtime model server."""
