"""Pipelines: one `@dsl.pipeline` a file, exported as `pipeline`."""
