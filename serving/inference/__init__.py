"""From checked tensors to answers: what a model takes, requests joined into batches, ONNX Runtime."""
