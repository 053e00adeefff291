"""The images that the charts ask for by default, from their values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from docs.parts.part import part, table

_FOLDER = Path(__file__).resolve().parents[2] / "charts"
_OURS = "slipway-"


@part("chart-images")
def chart_images() -> str:
    """List every image by the value that names it."""
    rows = []
    for chart in sorted(_FOLDER.glob("*/Chart.yaml")):
        about = yaml.safe_load(chart.read_text(encoding="utf-8"))
        values = yaml.safe_load(chart.with_name("values.yaml").read_text(encoding="utf-8"))
        for place, image in _images(values, ()):
            tag = image["tag"] or about["appVersion"]
            name = "/".join(filter(None, (image.get("registry"), image["repository"])))
            shown = f"`{name}`, of this project" if name.startswith(_OURS) else f"`{name}:{tag}`"
            rows.append((about["name"], f"`{'.'.join(place)}`", shown))
    return table(("chart", "value", "image"), rows)


def _images(values: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield every image that has a name, and where it stands."""
    for key, value in values.items():
        if isinstance(value, dict):
            if value.get("repository"):
                yield (*above, key), value
            yield from _images(value, (*above, key))
