"""ModelInfer: from messages to tensors, and from outputs to messages."""
