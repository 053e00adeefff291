"""What the tracking server's image runs beside MLflow: prepare its database, back it up, restore it."""
