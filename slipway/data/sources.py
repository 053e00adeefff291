"""Source files from outside, brought in by URL and pinned by SHA-256."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, cast

from slipway.data.provenance import SourceFile
from slipway.errors import SourceError
from slipway.storage import sha256_file, storage_errors

Opener = Callable[[str], BinaryIO]
_OPENERS: dict[str, Opener] = {}
_TIMEOUT_SECONDS = 60


def opens(*schemes: str) -> Callable[[Opener], Opener]:
    """Register a function that opens the URLs of these schemes."""

    def register(opener: Opener) -> Opener:
        _OPENERS.update(dict.fromkeys(schemes, opener))
        return opener

    return register


def fetch(source: SourceFile, target: Path) -> None:
    """Copy a source file to `target` and hold it to its pin.

    Raises:
        SourceError: the file is missing or unreachable, or its SHA-256 is another.
    """
    opener = _opener(source.url)
    with storage_errors(target), opener(source.url) as stream, target.open("wb") as file:
        shutil.copyfileobj(stream, file)
    found = sha256_file(target)
    if found != source.sha256:
        target.unlink()
        raise SourceError(
            f"Source '{source.url}' is not the file that was pinned",
            expected=f"sha256 {source.sha256}",
            got=f"sha256 {found}",
            cure="Find out why it changed; if the new file is right, pin its digest in the source file.",
        )


def _opener(url: str) -> Opener:
    scheme = urllib.parse.urlsplit(url).scheme
    if scheme not in _OPENERS:
        raise SourceError(
            f"Source '{url}' cannot be opened",
            expected="a URL that starts with " + ", ".join(f"{known}://" for known in sorted(_OPENERS)),
            cure="Correct the URL in the source file.",
        )
    return _OPENERS[scheme]


@opens("package")
def _open_package(url: str) -> BinaryIO:
    parts = urllib.parse.urlsplit(url)
    # Found, not imported: a data package's code is not needed to read its files.
    spec = find_spec(parts.netloc)
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        file = Path(folder) / parts.path.lstrip("/")
        if file.is_file():
            return file.open("rb")
    raise SourceError(
        f"Source '{url}' is missing",
        expected=f"the file in the installed package '{parts.netloc}'",
        got="no such file in it" if folders else "no such package",
        cure="Install the package that carries it (`make setup` installs every extra).",
    )


@opens("file")
def _open_file(url: str) -> BinaryIO:
    path = Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceError(
            f"Source '{path}' is missing: {error.strerror}", cure="Put the file there, or correct the URL."
        ) from error


@opens("http", "https")
def _open_web(url: str) -> BinaryIO:
    try:
        # The scheme is http or https: nothing else is registered for this opener.
        return cast("BinaryIO", urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS))  # noqa: S310
    except (urllib.error.URLError, TimeoutError) as error:
        raise SourceError(
            f"Source '{url}' is unreachable: {error}",
            cure="Check the network, or bring the file in and use a file:// or package:// URL.",
        ) from error


@opens("s3")
def _open_s3(url: str) -> BinaryIO:
    from pyarrow import fs

    try:
        filesystem, path = fs.FileSystem.from_uri(url)
        return cast("BinaryIO", filesystem.open_input_stream(path))
    except OSError as error:
        raise SourceError(
            f"Source '{url}' is unreachable: {error}",
            cure="Check the bucket, the key and AWS_* in the environment.",
        ) from error
