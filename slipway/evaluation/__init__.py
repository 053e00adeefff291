"""Metrics, slices, plots and drift baselines."""
