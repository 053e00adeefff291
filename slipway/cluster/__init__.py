"""Kubernetes as Slipway needs it: connection, releases, and why something does not come up. Knows no models."""
