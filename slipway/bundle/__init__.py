"""The model bundle: what is registered, released and served."""
