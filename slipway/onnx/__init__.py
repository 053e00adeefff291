"""ONNX: exporters, parity, sessions."""
