"""What the registry holds: models, versions and aliases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slipway.errors import RegistryError
from slipway.frozen import Frozen
from slipway.registry import embedded, tags
from slipway.registry.failures import error_code, tracking_errors
from slipway.registry.tracking import connect, every
from slipway.registry.uris import require_model_name
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

_REGISTER_CURE = "Run a pipeline that registers it: 'slipway run'."


class ModelSummary(Frozen):
    """A registered model; `aliases` maps an alias to its version."""

    name: str
    aliases: dict[str, str]
    updated_at: datetime


class VersionSummary(Frozen):
    """One version with its aliases and Slipway's tags; `digest` is empty if Slipway did not register it."""

    name: str
    version: str
    digest: str
    run_id: str
    aliases: tuple[str, ...]
    created_at: datetime
    description: str
    tags: dict[str, str]


def list_models(settings: Settings) -> list[ModelSummary]:
    """Every registered model, by name; none where nothing was ever recorded."""
    if embedded.is_absent(settings):
        return []
    client = connect(settings)
    with tracking_errors(settings, "list models"):
        found = every(client.search_registered_models)
    return sorted((_summary(model) for model in found), key=lambda model: model.name)


def list_versions(name: str, settings: Settings) -> list[VersionSummary]:
    """Every version of a model, newest first.

    Raises:
        RegistryError: no such model; lists those that exist.
    """
    require_model_name(name)
    client = _connect_existing(name, settings)
    with tracking_errors(settings, f"list versions of '{name}'"):
        aliases = _model(client, name).aliases
        found = every(client.search_model_versions, filter_string=f"name = {tags.quoted(name)}")
    versions = [_version(entry, aliases) for entry in found]
    return sorted(versions, key=lambda version: -int(version.version))


def resolve_alias(name: str, alias: str, settings: Settings) -> VersionSummary:
    """Find the version that an alias names.

    Raises:
        RegistryError: no such model or alias; lists those that exist.
    """
    require_model_name(name)
    client = _connect_existing(name, settings)
    with tracking_errors(settings, f"resolve '{name}@{alias}'"):
        aliases = _model(client, name).aliases
        if alias not in aliases:
            raise _absent(f"Model '{name}' has no alias '{alias}'", aliases, _REGISTER_CURE)
        return _version(client.get_model_version(name, aliases[alias]), aliases)


def find_version(name: str, version: str, settings: Settings) -> VersionSummary:
    """One version by its number.

    Raises:
        RegistryError: no such model or version; lists those that exist.
    """
    for found in (versions := list_versions(name, settings)):
        if found.version == version:
            return found
    numbers = ", ".join(found.version for found in versions) or "none"
    raise RegistryError(
        f"Model '{name}' has no version {version}", expected=f"one of {numbers}", cure=_REGISTER_CURE
    )


def find_digest(digest: str, settings: Settings) -> list[VersionSummary]:
    """Every version, of any model, that is the bundle with this digest."""
    if embedded.is_absent(settings):
        return []
    client = connect(settings)
    with tracking_errors(settings, "find the bundle's versions"):
        query = f"tags.`{tags.BUNDLE_DIGEST}` = {tags.quoted(digest)}"
        found = every(client.search_model_versions, filter_string=query)
        aliases = {name: _model(client, name).aliases for name in {entry.name for entry in found}}
    versions = [_version(entry, aliases[entry.name]) for entry in found]
    return sorted(versions, key=lambda one: (one.name, int(one.version)))


def describe_choices(name: str, settings: Settings) -> str:
    """Aliases and versions of a model in words, for an error that asks to choose."""
    versions = list_versions(name, settings)
    aliases = [f"@{alias} (version {one.version})" for one in versions for alias in one.aliases]
    return ", ".join([*aliases, *(f"/{one.version}" for one in versions)]) or "no version"


def _connect_existing(name: str, settings: Settings) -> MlflowClient:
    if embedded.is_absent(settings):
        raise _absent(f"There is no model '{name}'", (), _REGISTER_CURE)
    return connect(settings)


def _model(client: MlflowClient, name: str) -> RegisteredModel:
    try:
        return client.get_registered_model(name)
    except Exception as error:
        if error_code(error) != "RESOURCE_DOES_NOT_EXIST":
            raise
        names = sorted(model.name for model in every(client.search_registered_models))
        raise _absent(f"There is no model '{name}'", names, _REGISTER_CURE) from error


def _absent(failed: str, existing: Iterable[str], cure: str) -> RegistryError:
    names = ", ".join(existing)
    if not names:
        return RegistryError(failed, got="none at all", cure=cure)
    return RegistryError(failed, expected=f"one of {names}", cure=cure)


def _summary(model: RegisteredModel) -> ModelSummary:
    return ModelSummary(
        name=model.name,
        aliases={alias: str(version) for alias, version in sorted(model.aliases.items())},
        updated_at=_time(model.last_updated_timestamp),
    )


def _version(entry: ModelVersion, aliases: dict[str, str]) -> VersionSummary:
    number = str(entry.version)
    return VersionSummary(
        name=entry.name,
        version=number,
        digest=entry.tags.get(tags.BUNDLE_DIGEST, ""),
        run_id=entry.run_id or "",
        aliases=tuple(sorted(alias for alias, version in aliases.items() if str(version) == number)),
        created_at=_time(entry.creation_timestamp),
        description=entry.description or "",
        tags=dict(entry.tags),
    )


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
