"""What the server says of itself: metrics, drift of the inputs, logs and traces."""
