"""Slipway takes a model from data to a proven, autoscaled endpoint."""

__version__ = "0.1.0"
