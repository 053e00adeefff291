"""Addresses: of the tracking server, with its secrets hidden, and of a model in the registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slipway.errors import UsageError

_USER_INFO = re.compile(r"(?<=://)[^/\s'\"]*@")
_SECRET_QUERY = re.compile(r"(?i)((?:password|passwd|token|secret|key)[\w-]*=)[^&\s'\"]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]*")
_FORMS = "models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN/bundle or a bundle folder"


def mask_credentials(text: str, uri: str = "") -> str:
    """`text` without user names, passwords and tokens, those of `uri` above all."""
    masked = _SECRET_QUERY.sub(r"\1***", _USER_INFO.sub("***@", text))
    password = urlsplit(uri).password if "://" in uri else None
    for secret in {password, unquote(password)} if password else ():
        masked = masked.replace(secret, "***")
    return masked


@dataclass(frozen=True)
class ModelUri:
    """`models:/name@alias` or `models:/name/version`; both empty means neither was given."""

    name: str
    version: str = ""
    alias: str = ""


@dataclass(frozen=True)
class RunUri:
    """`runs:/id/path`."""

    run_id: str
    path: str


def parse_bundle_uri(uri: str) -> ModelUri | RunUri | Path:
    """Tell a registry address from a folder.

    Raises:
        UsageError: the address has a scheme but not its form.
    """
    if uri.startswith("models:"):
        return _model_uri(uri)
    if uri.startswith("runs:"):
        return _run_uri(uri)
    if "://" in uri and not uri.startswith("file://"):
        raise _unreadable(uri)
    return Path(unquote(urlsplit(uri).path)) if uri.startswith("file://") else Path(uri)


def require_model_name(name: str) -> str:
    """Give back the name if the registry and a file system both take it.

    Raises:
        UsageError: it holds other characters.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' cannot name a model",
            expected="letters, digits, '.', '_', '-' and spaces, a letter or digit first",
            got=repr(name),
            cure="Rename the model.",
        )
    return name


def _model_uri(uri: str) -> ModelUri:
    rest = uri.removeprefix("models:").lstrip("/")
    name, _, alias = rest.partition("@")
    if alias:
        return ModelUri(require_model_name(name), alias=alias)
    name, _, version = rest.partition("/")
    if version and not version.isdecimal():
        raise _unreadable(uri)
    return ModelUri(require_model_name(name), version=version)


def _run_uri(uri: str) -> RunUri:
    run_id, _, path = uri.removeprefix("runs:").lstrip("/").partition("/")
    if not run_id or not path.strip("/"):
        raise _unreadable(uri)
    return RunUri(run_id, path.strip("/"))


def _unreadable(uri: str) -> UsageError:
    return UsageError(
        f"'{mask_credentials(uri)}' is not the address of a bundle",
        expected=_FORMS,
        got=mask_credentials(uri),
        cure="See 'slipway models list' for names, versions and aliases.",
    )
