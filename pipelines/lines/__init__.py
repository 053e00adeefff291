"""Lines: the steps that several pipelines share."""
