"""The release gate: challenger against champion."""
