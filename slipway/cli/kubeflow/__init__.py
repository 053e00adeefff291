"""Running compiled IR on Kubeflow Pipelines (KFP) 2.17: uploaded once, followed step by step, scheduled."""
