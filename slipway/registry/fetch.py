"""`python -m slipway.registry.fetch ADDRESS`: download a model for a process that does without MLflow.

Prints one line of JSON: `path`, `version`, `digest` and `revision`, or `error` with the parts of a
SlipwayError. `revision` changes whenever the address names other content.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slipway.errors import ExitCode, RegistryError, SlipwayError
from slipway.registry.uris import mask_credentials

# What an image may lack, and the extra of the package that brings it.
_EXTRAS = {"boto3": "slipway[s3]", "botocore": "slipway[s3]"}


def main(arguments: Sequence[str]) -> int:
    """Fetch what the one argument names; return the exit code."""
    os.nice(10)  # beside it a server answers requests
    try:
        report = fetched(arguments[0])
    except SlipwayError as error:
        return _fail(error)
    except ModuleNotFoundError as error:
        return _fail(_missing(error))
    except Exception as error:
        traceback.print_exc()
        return _fail(
            RegistryError(mask_credentials(f"Cannot fetch '{arguments[0]}': {type(error).__name__}: {error}"))
        )
    print(json.dumps(report), flush=True)
    return ExitCode.OK


def fetched(address: str) -> dict[str, str | None]:
    """Download what an address names, unless the cache has it.

    Raises:
        SlipwayError: see `slipway.registry.resolve.fetch_bundle` and
            `slipway.registry.object_store.download_prefix`.
    """
    if address.startswith("s3://"):
        from slipway.registry.object_store import download_prefix

        folder = download_prefix(address, _home() / "objects")
        return {"path": str(folder.path), "version": None, "digest": None, "revision": folder.revision}
    from slipway.registry.resolve import fetch_bundle
    from slipway.settings import load_settings

    found = fetch_bundle(address, load_settings())
    digest = found.bundle.digest
    revision = f"{digest} {found.version}"
    return {"path": str(found.bundle.path), "version": found.version, "digest": digest, "revision": revision}


def _home() -> Path:
    try:
        from slipway.settings import load_settings
    except ModuleNotFoundError:  # the server's image reads S3, but no settings file
        return Path(os.environ.get("SLIPWAY_HOME", ".slipway"))
    return load_settings().home


def _missing(error: ModuleNotFoundError) -> RegistryError:
    package = _EXTRAS.get(str(error.name).partition(".")[0], "slipway[core]")
    return RegistryError(
        f"This address needs '{error.name}', which is not installed",
        cure=f"Install it with pip install '{package}', or have the model copied to a folder beforehand.",
    )


def _fail(error: SlipwayError) -> int:
    facts: dict[str, Any] = {
        "failed": error.failed,
        "expected": error.expected,
        "got": error.got,
        "cure": error.cure,
    }
    print(json.dumps({"error": {"kind": type(error).__name__, **facts}}), flush=True)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
