"""Stage 6: evaluate a model and package its bundle."""
