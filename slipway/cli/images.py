"""`slipway images`: the images of the project's families and of its server."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from slipway.cli.image_progress import ImageProgress
from slipway.cli.project import find_project_root
from slipway.cli.revision import with_code_revision
from slipway.cli.tables import print_table
from slipway.errors import ImageBuildError, ImageError, UsageError
from slipway.images.build import build_image
from slipway.images.catalogue import (
    CONTENT_LABEL,
    ImageState,
    content_of,
    image_of,
    recipes,
    state_of,
    under_another_prefix,
)
from slipway.images.engine import connected
from slipway.images.helm_values import helm_values
from slipway.images.push import push_image
from slipway.images.recipe import Recipe
from slipway.settings import Settings, load_settings

if TYPE_CHECKING:
    from docker import DockerClient

app = typer.Typer(help="Build, list or push the images of steps and server.", no_args_is_help=True)

# What tells pip inside a build where to look; the Dockerfiles keep it out of the image.
_INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
_COLUMNS = ("FAMILY", "IMAGE", "BUILT (UTC)", "SIZE", "OVER ITS BASE")

_Families = Annotated[list[str] | None, typer.Argument(help="Families (tabular, serving); all by default.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command()
def build(
    families: _Families = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build also what is there, for a new base.")] = False,
    as_json: _Json = False,
) -> None:
    """Build the images whose content has changed; an image's tag is a digest of its content."""
    settings, wanted = _project(families)
    with connected() as client, ImageProgress() as progress:
        started = time.monotonic()
        states = [_built(client, recipe, settings, progress, rebuild=rebuild) for recipe in wanted]
        progress.say(f"Up to date in {time.monotonic() - started:.1f} s.")
    _show(states, as_json=as_json)


@app.command("list")
def list_images(as_json: _Json = False) -> None:
    """List the project's images by the tags their content has now, and whether they are built."""
    settings, wanted = _project(None)
    with connected() as client:
        _show([state_of(client, recipe, image_of(recipe, settings)) for recipe in wanted], as_json=as_json)


@app.command()
def push(families: _Families = None, as_json: _Json = False) -> None:
    """Push the built images to the registry that the setting `image_prefix` names."""
    settings, wanted = _project(families)
    if not settings.image_prefix:
        raise UsageError(
            "There is no registry to push to",
            expected="a registry and path in SLIPWAY_IMAGE_PREFIX, as in 'registry.example/team/'",
            cure="Set it, and build: what is built already only gets a second name.",
        )
    pushed = {}
    with connected() as client, ImageProgress() as progress:
        for recipe in wanted:
            image = image_of(recipe, settings)
            if not state_of(client, recipe, image).built:
                raise ImageError(f"Image '{image}' is not built", cure=f"slipway images build {recipe.family}")
            with progress.of(recipe.family) as line:
                pushed[image] = push_image(client, image, line.sent)
                line.end(f"pushed {image}")
    if as_json:
        typer.echo(json.dumps(pushed, indent=2))
    else:
        print_table(("IMAGE", "DIGEST"), list(pushed.items()))


@app.command()
def values() -> None:
    """Print values of charts/slipway that name the images by the tags their content has now."""
    import yaml

    settings, wanted = _project(None)
    images = {recipe.family: image_of(recipe, settings) for recipe in wanted}
    typer.echo(yaml.safe_dump(helm_values(images), sort_keys=True), nl=False)


def _project(families: Sequence[str] | None) -> tuple[Settings, list[Recipe]]:
    root = find_project_root()
    settings = with_code_revision(load_settings(), root)
    return settings, recipes(root, settings, families or ())


def _built(
    client: DockerClient, recipe: Recipe, settings: Settings, progress: ImageProgress, *, rebuild: bool
) -> ImageState:
    image = image_of(recipe, settings)
    with progress.of(recipe.family) as line:
        state = state_of(client, recipe, image)
        if not state.built and (twin := under_another_prefix(client, image)) is not None:
            twin.tag(image)
            state = state_of(client, recipe, image)
        if state.built and not rebuild:
            line.end(f"unchanged {image}")
            return state
        try:
            build_image(
                client,
                recipe,
                image,
                arguments={**_index(), "REVISION": settings.code_revision},
                labels={CONTENT_LABEL: content_of(image)},
                report=line.built,
            )
        except ImageBuildError as error:
            progress.say(f"\nThe build said last:\n\n{error.said_last}\n")
            raise
        line.end(f"built {image}")
        return state_of(client, recipe, image)


def _index() -> dict[str, str]:
    return {name: os.environ[name] for name in _INDEX_VARIABLES if os.environ.get(name)}


def _show(states: list[ImageState], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([state.model_dump(mode="json") for state in states], indent=2))
    else:
        print_table(_COLUMNS, [_row(state) for state in states])


def _row(state: ImageState) -> tuple[str, ...]:
    created = f"{state.created:%Y-%m-%d %H:%M}" if state.created else "not built"
    return state.family, state.image, created, _megabytes(state.size_bytes), _megabytes(state.over_base_bytes)


def _megabytes(size_bytes: int | None) -> str:
    return "-" if size_bytes is None else f"{size_bytes / 1e6:.0f} MB"
