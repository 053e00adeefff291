"""The images a pipeline's steps run in, tagged by the code they hold.

A component names its image by family alone: `slipway-tabular`. Compiling pins it to
`{image_prefix}slipway-tabular:{tag}`, where the tag is a digest of the family's code, of the core
and of the declared dependencies. Unchanged code keeps its tag, so KFP's cache key follows the code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import slipway
from slipway.errors import PipelineError

TAG_DIGITS = 12
_IMAGE = re.compile(r"^(?:.*/)?slipway-(?P<family>[a-z0-9_-]+)(?::(?P<tag>[\w.-]+))?$")


def family_of(image: str) -> str | None:
    """Return the component family an image belongs to, logical or pinned; None for a foreign image."""
    found = _IMAGE.match(image)
    return found["family"] if found else None


def tag_of(image: str) -> str:
    """Return an image's tag, or an empty string."""
    found = _IMAGE.match(image)
    return (found["tag"] or "") if found else ""


def code_tag(root: Path, family: str) -> str:
    """Return the first 12 hex digits of the SHA-256 over the paths and bytes a family's image is made of.

    Covers `components/<family>/`, the core's modules, `pyproject.toml` and `constraints/*.txt`.

    Raises:
        PipelineError: the project has no such family.
    """
    folder = root / "components" / family
    if not folder.is_dir():
        raise PipelineError(
            f"Image 'slipway-{family}' belongs to no component family",
            expected=f"a folder '{folder}'",
            cure="Correct the component's target_image, or add the folder.",
        )
    digest = hashlib.sha256()
    for name, path in sorted(_sources(root, folder)):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:TAG_DIGITS]


def pin_images(document: dict[str, Any], root: Path, prefix: str) -> dict[str, str]:
    """Pin the logical images of compiled IR in place; return family -> pinned image."""
    pinned: dict[str, str] = {}
    for executor in document.get("deploymentSpec", {}).get("executors", {}).values():
        container = executor.get("container", {})
        family = family_of(container.get("image", ""))
        if family is None:
            continue
        if family not in pinned:
            pinned[family] = f"{prefix}slipway-{family}:{code_tag(root, family)}"
        container["image"] = pinned[family]
    return pinned


def _sources(root: Path, family_folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name, file) of all that goes into the image; the installed core when the project has none."""
    core = root / "slipway"
    if not core.is_dir():
        core = Path(slipway.__file__).resolve().parent
    for path in family_folder.rglob("*"):
        if path.is_file() and not _is_litter(path.relative_to(family_folder)):
            yield f"component/{path.relative_to(family_folder).as_posix()}", path
    for path in core.rglob("*.py"):
        yield f"slipway/{path.relative_to(core).as_posix()}", path
    declared = [root / "pyproject.toml", *(root / "constraints").glob("*.txt")]
    for path in declared:
        if path.is_file():
            yield path.relative_to(root).as_posix(), path


def _is_litter(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)
