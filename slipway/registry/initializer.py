"""`python -m slipway.registry.initializer SOURCE TARGET`: what KServe runs before a model server.

It brings `mlflow://NAME@ALIAS` or `mlflow://NAME/VERSION`, with `?digest=sha256:...` behind it only that very
bundle. KServe calls it in an init container with an endpoint's `storageUri` and the folder that the server
reads (KServe, "ClusterStorageContainer"). Nothing is left in the target unless all of it verified.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from slipway.errors import DigestMismatchError, ExitCode, SettingsError, SlipwayError, UsageError
from slipway.storage import storage_errors

SCHEME = "mlflow://"
_FORMS = f"{SCHEME}NAME@ALIAS or {SCHEME}NAME/VERSION, and ?digest=sha256:... behind it for one bundle alone"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """A model of the registry, as `slipway.registry.uris` reads it; `digest` is empty where any will do."""

    address: str
    digest: str = ""


def main(arguments: Sequence[str]) -> int:
    """Bring what the first argument names to the folder that the second names; return the exit code."""
    try:
        source, target = _two(arguments)
        digest = bring(parse_source(source), Path(target))
    except SlipwayError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    print(f"Brought {source} to {target}: {digest}", flush=True)
    return ExitCode.OK


def parse_source(uri: str) -> Source:
    """Read a `storageUri`.

    Raises:
        UsageError: it is not of the forms above.
    """
    name, _, query = uri.removeprefix(SCHEME).partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    digest = options.pop("digest", "")
    is_known = uri.startswith(SCHEME) and ("@" in name or "/" in name) and not options
    if not is_known or (query and not _DIGEST.fullmatch(digest)):
        raise UsageError(
            f"'{uri}' is no model of the registry", expected=_FORMS, got=repr(uri), cure="Correct the storageUri."
        )
    return Source(f"models:/{unquote(name)}", digest)


def bring(source: Source, target: Path) -> str:
    """Fetch a bundle into a folder that exists; return its digest.

    All that is written on the way is below the target: nothing else need be writable. What an attempt that was
    killed has left there goes.

    Raises:
        SettingsError: no registry is named.
        RegistryError: no such model, alias or version; lists what exists.
        TrackingUnreachableError: the server does not answer.
        DigestMismatchError: the bundle is not what was registered, or not the one that was asked for.
    """
    from slipway.registry.resolve import fetch_bundle
    from slipway.settings import load_settings

    with _scratch(target) as scratch:
        settings = load_settings(home=scratch / "home")
        if settings.is_embedded:
            raise SettingsError(
                f"There is no registry to fetch '{source.address}' from",
                expected="SLIPWAY_TRACKING_URI",
                cure="Set it to the address of the MLflow server, in the chart's values or the endpoint's Secret.",
            )
        bundle = fetch_bundle(source.address, settings).bundle
        _require(source, bundle.digest)
        for entry in sorted(bundle.path.iterdir()):
            _remove(target / entry.name)
            entry.rename(target / entry.name)
    return bundle.digest


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Make a folder below the target that is the place for temporary files too, as long as it lasts."""
    scratch = target / ".fetching"
    with storage_errors(target):
        _remove(scratch)
        scratch.mkdir()
        before, tempfile.tempdir = tempfile.tempdir, str(scratch)
        try:
            yield scratch
        finally:
            tempfile.tempdir = before
            _remove(scratch)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _require(source: Source, digest: str) -> None:
    if source.digest not in ("", digest):
        raise DigestMismatchError(
            f"'{source.address}' is not the bundle that the endpoint asks for",
            expected=source.digest,
            got=digest,
            cure="Ask for the digest that 'slipway models show' tells, or find out who registered another bundle.",
        )


def _two(arguments: Sequence[str]) -> tuple[str, str]:
    if len(arguments) != 2:
        raise UsageError(
            "The initializer takes one model and one folder",
            expected="SOURCE TARGET",
            got=f"{len(arguments)} arguments",
            cure="Give an endpoint one storageUri.",
        )
    return arguments[0], arguments[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
