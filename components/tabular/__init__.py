"""Stages 2 to 5 for tables: validate, transform, split, search, select, train."""
