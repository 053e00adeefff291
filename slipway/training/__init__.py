"""Candidates, search and fitting."""
