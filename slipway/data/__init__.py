"""Datasets: Parquet tables with Croissant metadata and a content digest."""
