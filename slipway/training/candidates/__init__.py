"""Estimators with their search spaces, one module for each kind of learner."""
