"""`slipway bundle`: signing bundles and checking signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Sign a bundle, or check a bundle's signature.", no_args_is_help=True)

_Bundle = Annotated[Path, typer.Argument(help="the bundle's folder")]


@app.command()
def sign(
    bundle: _Bundle,
    key: Annotated[Path, typer.Option(help="private key, PEM, on curve P-256, P-384 or P-521")],
    password: Annotated[
        str | None, typer.Option(envvar="SLIPWAY_KEY_PASSWORD", help="of an encrypted key", show_default=False)
    ] = None,
) -> None:
    """Sign a verified bundle: write model.sig, in the format of OpenSSF Model Signing."""
    from slipway.bundle.bundle import Bundle
    from slipway.bundle.signing import sign_folder
    from slipway.bundle.statement import file_digests

    opened = Bundle.open(bundle)
    written = sign_folder(opened.path, file_digests(opened.path, opened.manifest), key, password=password)
    typer.echo(f"Signed {opened.digest}: {written}")


@app.command()
def verify(
    bundle: _Bundle,
    public_key: Annotated[list[Path], typer.Option(help="a trusted key, PEM; may be given several times")],
) -> None:
    """Check that a bundle is whole and signed by one of the keys."""
    from slipway.bundle.bundle import Bundle
    from slipway.bundle.statement import file_digests
    from slipway.bundle.verification import require_signature

    opened = Bundle.open(bundle)
    require_signature(opened.path, file_digests(opened.path, opened.manifest), public_key)
    typer.echo(f"Signed and unchanged: {opened.digest}")
