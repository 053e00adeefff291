"""The names of images: `{image_prefix}slipway-{family}:{tag}`.

A component names its image by family alone: `slipway-tabular`. Compiling, building, pushing and
deploying pin it to one name, whose tag follows what the image is made of.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from slipway.images.tags import code_tag

_IMAGE = re.compile(r"^(?:.*/)?slipway-(?P<family>[a-z0-9_-]+)(?::(?P<tag>[\w.-]+))?$")


def family_of(image: str) -> str | None:
    """Return the family an image belongs to, logical or pinned; None for a foreign image."""
    found = _IMAGE.match(image)
    return found["family"] if found else None


def tag_of(image: str) -> str:
    """Return an image's tag, or an empty string."""
    found = _IMAGE.match(image)
    return (found["tag"] or "") if found else ""


def pinned_image(root: Path, family: str, *, prefix: str, base: str = "") -> str:
    """Return the name of the image that holds the project's code as it is now.

    Raises:
        ImageError: the project has no such family.
    """
    return f"{prefix}slipway-{family}:{code_tag(root, family, base)}"


def pin_images(document: dict[str, Any], root: Path, *, prefix: str, base: str = "") -> dict[str, str]:
    """Pin the logical images of compiled IR in place; return family -> pinned image."""
    pinned: dict[str, str] = {}
    for executor in document.get("deploymentSpec", {}).get("executors", {}).values():
        container = executor.get("container", {})
        family = family_of(container.get("image", ""))
        if family is None:
            continue
        if family not in pinned:
            pinned[family] = pinned_image(root, family, prefix=prefix, base=base)
        container["image"] = pinned[family]
    return pinned
