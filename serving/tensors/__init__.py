"""Between the bodies of HTTP requests and arrays: JSON, binary tensors, V1 and CSV."""
