"""Where a model comes from, as a person says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from serving.models.plain import is_plain_model
from serving.models.served import require_url_part
from slipway.bundle.manifest import MANIFEST_FILE
from slipway.errors import UsageError

_FORMS = "a folder, an .onnx file, models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN/PATH or s3://BUCKET/PREFIX"
_REMOTE = ("models:", "runs:", "s3://")
_NAMED = re.compile(r"(?P<name>[^=/:]*)(?::(?P<version>[^=/:]*))?=(?P<address>.*)", re.DOTALL)
_OUTSIDE_URLS = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model's name in URLs, its address, and its version if another than the source's own is wanted.

    `digest` is what the content must have, where somebody insists.
    """

    name: str
    address: str
    version: str | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        require_url_part("name", self.name)
        if self.version is not None:
            require_url_part("version", self.version)
        _require_address(self.address)

    @property
    def is_remote(self) -> bool:
        """Tell whether it has to be fetched before it can be read."""
        return self.address.startswith(_REMOTE)

    @property
    def place(self) -> Path:
        """The folder or file of a source on this machine."""
        if self.address.startswith("file://"):
            return Path(unquote(urlsplit(self.address).path))
        return Path(self.address)


def parse_source(text: str, *, name: str | None = None, version: str | None = None) -> ModelSource:
    """Read `NAME=ADDRESS`, `NAME:VERSION=ADDRESS` or an address alone.

    Without a name, that of the registered model or the last part of the path stands for it.

    Raises:
        UsageError: the address has no form that is known here, or the name cannot stand in a URL.
    """
    if found := _NAMED.fullmatch(text):
        return ModelSource(found["name"], found["address"], found["version"] or version)
    return ModelSource(name or _name_of(text), text, version)


def sources_in(folder: Path, *, name: str | None = None, version: str | None = None) -> tuple[ModelSource, ...]:
    """List the models of a folder: itself, under `name`, if it is one; else each folder in it that is one.

    Raises:
        UsageError: the folder is missing.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder '{folder}'", expected="a folder of models", cure="Correct the path.")
    if _is_model(folder):
        return (ModelSource(name or _name_of(str(folder.resolve())), str(folder), version),)
    inner = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    return tuple(ModelSource(entry.name, str(entry)) for entry in inner if _is_model(entry))


def _is_model(folder: Path) -> bool:
    return (folder / MANIFEST_FILE).is_file() or is_plain_model(folder)


def _name_of(address: str) -> str:
    if address.startswith("models:"):
        last = re.split("[/@]", address.removeprefix("models:").lstrip("/"))[0]
    else:
        last = Path(address).name.removesuffix(".onnx")
    return _OUTSIDE_URLS.sub("-", last)


def _require_address(address: str) -> None:
    scheme, separator, rest = address.partition("://")
    if separator and "@" in rest.partition("/")[0]:
        raise UsageError(
            "The address of a model holds credentials",
            expected=_FORMS,
            got=f"{scheme}://***@…",
            cure="Take them out and set them in the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.",
        )
    if not address or (separator and scheme not in {"file", "s3"}):
        raise UsageError(
            f"'{address}' is not the address of a model",
            expected=_FORMS,
            got=repr(address),
            cure="Copy the model to a folder first; KServe's storage initializer does for its storageUri.",
        )
