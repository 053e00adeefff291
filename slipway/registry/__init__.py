"""The model registry: runs, versions and aliases in MLflow, and bundles fetched back from it."""
