"""Which models a server has, as its settings and its platform say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from serving.models.sources import ModelSource, parse_source, sources_in
from serving.platforms import mounted_model
from serving.settings import ServingSettings
from slipway.errors import UsageError


def configured_sources(settings: ServingSettings, environment: Mapping[str, str]) -> tuple[ModelSource, ...]:
    """List the models that are wanted from the start; what a platform mounted counts where nothing is named.

    Raises:
        UsageError: there is none, two have one name, or an address has no known form.
    """
    name, version = settings.name or None, settings.version or None
    if (name or version) and len(settings.model) > 1:
        raise UsageError(
            "--name and --version are for a single model",
            got=f"{len(settings.model)} models",
            cure="Write --model NAME:VERSION=ADDRESS for each.",
        )
    sources = [parse_source(text, name=name, version=version) for text in settings.model]
    sources += discover_sources(settings)
    if not sources and (mounted := mounted_model(environment)):
        place = Path(mounted)
        if place.is_dir():
            sources += sources_in(place, name=name, version=version)
        else:
            sources.append(parse_source(mounted, name=name, version=version))
    _require_some(sources)
    _require_own_names(sources)
    return _pinned(sources, settings.digest) if settings.digest else tuple(sources)


def discover_sources(settings: ServingSettings) -> tuple[ModelSource, ...]:
    """List the models that are in the folder of models now.

    Raises:
        UsageError: the folder is missing.
    """
    return sources_in(Path(settings.model_dir)) if settings.model_dir else ()


def _pinned(sources: list[ModelSource], digest: str) -> tuple[ModelSource, ...]:
    if len(sources) > 1:
        raise UsageError(
            "--digest is for a single model", got=f"{len(sources)} models", cure="Serve one, or do without."
        )
    return (replace(sources[0], digest=digest),)


def _require_some(sources: list[ModelSource]) -> None:
    if not sources:
        raise UsageError(
            "There is no model to serve",
            expected="--model ADDRESS, or a model under /mnt/models",
            cure="Name a bundle: --model NAME=PATH, or --model models:/NAME@ALIAS.",
        )


def _require_own_names(sources: list[ModelSource]) -> None:
    name, count = Counter(source.name for source in sources).most_common(1)[0]
    if count > 1:
        raise UsageError(f"{count} models are called '{name}'", cure="Give each its own: --model NAME=ADDRESS.")
