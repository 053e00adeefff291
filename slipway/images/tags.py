"""An image's tag: a digest of what the image is made of.

Unchanged code keeps its tag, so that nothing is built or pushed twice, KFP's cache key follows the
code, and a compiled pipeline names exactly the code it runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import slipway
from slipway.errors import ImageError
from slipway.images.recipe import Recipe, dockerfile_of, is_litter

TAG_DIGITS = 12


def code_tag(root: Path, family: str, base: str = "") -> str:
    """Return the first 12 hex digits of the SHA-256 over the paths and bytes a family's image is made of.

    Covers the Dockerfile, the base image's name and every file that a COPY line names. A family
    without a Dockerfile, which runs on this machine alone, is tagged by its folder, the core,
    `pyproject.toml` and `constraints/*.txt`. The installed core counts where the project has none.

    Raises:
        ImageError: the project has no such family.
    """
    digest = hashlib.sha256()
    for name, path in sorted(_sources(root, family, base)):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    if dockerfile_of(root, family).is_file():
        digest.update(Recipe(root, family, base).base_image.encode())
    return digest.hexdigest()[:TAG_DIGITS]


def _sources(root: Path, family: str, base: str) -> Iterator[tuple[str, Path]]:
    dockerfile = dockerfile_of(root, family)
    if not dockerfile.parent.is_dir():
        raise ImageError(
            f"Image 'slipway-{family}' belongs to no component family",
            expected=f"a folder '{dockerfile.parent}'",
            cure="Correct the component's target_image, or add the folder.",
        )
    if dockerfile.is_file():
        yield from Recipe(root, family, base).files().items()
    else:
        yield from _files(dockerfile.parent, "component")
        yield from _declared(root)
    core = root / "slipway"
    if not core.is_dir():
        yield from _files(Path(slipway.__file__).resolve().parent, "slipway")
    elif not dockerfile.is_file():
        yield from _files(core, "slipway")


def _files(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not is_litter(relative):
            yield f"{name}/{relative.as_posix()}", path


def _declared(root: Path) -> Iterator[tuple[str, Path]]:
    for path in [root / "pyproject.toml", *(root / "constraints").glob("*.txt")]:
        if path.is_file():
            yield path.relative_to(root).as_posix(), path
