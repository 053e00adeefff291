"""Component families: one folder, one image."""
