"""What images a project has, and which of them the engine holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.errors import UsageError
from slipway.frozen import Frozen
from slipway.images.engine import size_of
from slipway.images.names import pinned_image
from slipway.images.recipe import Recipe, families
from slipway.settings import Settings

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image

# The label that a build leaves, so that an image is found again under another prefix.
CONTENT_LABEL = "dev.slipway.content"


class ImageState(Frozen):
    """One image of the project, and what the engine has of it. Sizes are bytes, uncompressed."""

    family: str
    image: str
    built: bool
    size_bytes: int | None = None
    over_base_bytes: int | None = None
    created: datetime | None = None


def recipes(root: Path, settings: Settings, wanted: Sequence[str] = ()) -> list[Recipe]:
    """Return the recipes of the wanted families, of all when none is named.

    Raises:
        UsageError: there is no such family.
    """
    known = families(root)
    for family in wanted:
        if family not in known:
            raise UsageError(
                f"There is no image '{family}'",
                expected=f"one of: {', '.join(known) or 'none'}",
                cure="Correct the name, or give the family a Dockerfile.",
            )
    return [Recipe(root, family, settings.image_base) for family in known if not wanted or family in wanted]


def image_of(recipe: Recipe, settings: Settings) -> str:
    """Return the name of the image that holds the recipe's files as they are now."""
    return pinned_image(recipe.root, recipe.family, prefix=settings.image_prefix, base=recipe.base)


def content_of(image: str) -> str:
    """Return `slipway-tabular:0123456789ab`, an image's name without its prefix."""
    return image.rpartition("/")[2]


def state_of(client: DockerClient, recipe: Recipe, image: str) -> ImageState:
    """Say whether the engine has an image, and how large it is."""
    from docker.errors import ImageNotFound

    try:
        facts = client.images.get(image).attrs
    except ImageNotFound:
        return ImageState(family=recipe.family, image=image, built=False)
    size = int(facts["Size"])
    base = size_of(client, recipe.base_image) if recipe.base_image else 0  # built from scratch
    return ImageState(
        family=recipe.family,
        image=image,
        built=True,
        size_bytes=size,
        over_base_bytes=None if base is None else size - base,
        created=datetime.fromisoformat(facts["Created"]),
    )


def under_another_prefix(client: DockerClient, image: str) -> Image | None:
    """Return an image of the same content that stands under another name, if the engine has one."""
    found = client.images.list(filters={"label": f"{CONTENT_LABEL}={content_of(image)}"})
    return found[0] if found else None
