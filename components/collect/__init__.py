"""Stage 1: bring pinned source files in as a dataset."""
