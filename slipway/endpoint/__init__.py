"""Endpoints of the Open Inference Protocol, from a client's side."""
