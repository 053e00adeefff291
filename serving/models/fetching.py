"""From a source to a folder on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.models.sources import ModelSource
from slipway import errors
from slipway.errors import BundleError, RegistryError, SlipwayError

FETCH_SECONDS = 900.0
_MODULE = "slipway.registry.fetch"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model on this machine.

    `revision` changes whenever the source names other content; `digest` is what the registry says
    the content must have; `version` is the registry's.
    """

    place: Path
    revision: str
    version: str | None = None
    digest: str | None = None


async def fetch(source: ModelSource, *, seconds: float = FETCH_SECONDS) -> Fetched:
    """Find a local model, or download a remote one into the cache.

    A remote one is fetched by a process of its own: MLflow and boto3 would cost the server more
    memory than everything else in it.

    Raises:
        BundleError: there is nothing at the place.
        RegistryError: the registry or the store lacks it, refuses or does not answer in time.
    """
    if source.is_remote:
        return await _fetch_remote(source.address, seconds)
    return await asyncio.to_thread(_find_local, source.place)


def _find_local(place: Path) -> Fetched:
    if not place.exists():
        raise BundleError(f"There is no model at '{place}'", got="nothing there", cure="Correct the address.")
    digest = hashlib.sha256()
    for file in sorted(_files(place)):
        facts = file.stat()
        digest.update(
            f"{file} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns}\n".encode(errors="surrogateescape")
        )
    return Fetched(place, digest.hexdigest())


def _files(place: Path) -> Iterator[Path]:
    return (file for file in place.rglob("*") if file.is_file()) if place.is_dir() else iter([place])


async def _fetch_remote(address: str, seconds: float) -> Fetched:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", _MODULE, address),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            output, log = await process.communicate()
    except TimeoutError as error:
        raise RegistryError(
            f"Cannot fetch '{address}'",
            expected=f"an end within {seconds:.0f} s",
            cure="Check that the registry and its artifact store answer.",
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _read_report(address, output, log)


def _read_report(address: str, output: bytes, log: bytes) -> Fetched:
    try:
        report = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError) as error:
        last = log.decode(errors="replace").strip().rpartition("\n")[2]
        raise RegistryError(
            f"Cannot fetch '{address}': {last}", cure="Install what it names: pip install 'slipway[s3]'."
        ) from error
    if "error" in report:
        raise _error(report["error"])
    return Fetched(Path(report["path"]), report["revision"], report["version"], report["digest"])


def _error(facts: dict[str, Any]) -> SlipwayError:
    kind = getattr(errors, facts.pop("kind"), RegistryError)
    error: SlipwayError = kind(facts.pop("failed"), **facts)
    return error
