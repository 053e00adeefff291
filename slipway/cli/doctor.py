"""`slipway doctor`: does this machine, or a cluster, have what Slipway needs, and if not, what to do."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.text import Text

from slipway.cli.doctor_checks import Check, Status, run_checks
from slipway.cli.tables import print_table
from slipway.errors import DoctorError
from slipway.settings import load_settings

_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


def doctor(
    cluster: Annotated[bool, typer.Option("--cluster", help="Check an environment's cluster instead.")] = False,
    env: Annotated[str, typer.Option(help="environment whose cluster is checked")] = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check that this machine, or a cluster, has what Slipway needs; each finding says what to do."""
    checks = _cluster_checks(env) if cluster else run_checks(load_settings())
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in checks], indent=2))
    else:
        print_table(("CHECK", "STATUS", "FOUND", "WHAT TO DO"), [_row(one) for one in checks])
    failed = [one for one in checks if one.status is Status.FAIL]
    if failed:
        names = ", ".join(one.name for one in failed)
        raise DoctorError(f"{len(failed)} of {len(checks)} checks failed: {names}", cure=failed[0].cure)


def _cluster_checks(env: str) -> list[Check]:
    from slipway.cli.cluster_checks import run_cluster_checks
    from slipway.cli.project import find_project_root
    from slipway.deployment.site import Site

    return run_cluster_checks(lambda: Site.open(env, find_project_root()))


def _row(one: Check) -> tuple[str, Text, str, str]:
    return one.name, Text(one.status, style=_STYLES[one.status]), one.detail, one.cure
