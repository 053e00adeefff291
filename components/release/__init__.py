"""Stage 7: judge, record and register a model."""
