"""`python -m slipway.tracking_server prepare | back-up DUMP | restore NAME DUMP`: what the chart's pods run."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.tracking_server.settings import ServerSettings, load_server_settings

logger = logging.getLogger("slipway.tracking_server")

_TURN_SECONDS = 3600


def _prepare(settings: ServerSettings, _: argparse.Namespace) -> None:
    from slipway.tracking_server.prepare import prepare

    prepare(settings)


def _back_up(settings: ServerSettings, arguments: argparse.Namespace) -> None:
    from slipway.tracking_server.backup import back_up
    from slipway.tracking_server.database import Turn, turn
    from slipway.tracking_server.shelf import open_shelf
    from slipway.tracking_server.vault import Vault

    vault = Vault(open_shelf(settings.backups, settings.backups_access))
    artifacts = open_shelf(settings.artifacts, settings.artifacts_access)
    with turn(settings.database_uri, Turn.VAULT, _TURN_SECONDS):
        back_up(arguments.dump, artifacts, vault, settings.keep)


def _restore(settings: ServerSettings, arguments: argparse.Namespace) -> None:
    from slipway.tracking_server.database import Turn, turn, wait_for_database
    from slipway.tracking_server.prepare import make_bucket
    from slipway.tracking_server.restore import choose, put_back
    from slipway.tracking_server.shelf import open_shelf
    from slipway.tracking_server.vault import Vault

    vault = Vault(open_shelf(settings.backups, settings.backups_access))
    artifacts = open_shelf(settings.artifacts, settings.artifacts_access)
    wait_for_database(settings.database_uri, settings.wait_seconds)
    with turn(settings.database_uri, Turn.VAULT, _TURN_SECONDS):
        manifest = choose(arguments.name, vault)
        make_bucket(settings)
        put_back(manifest, vault, artifacts, arguments.dump)


_COMMANDS: dict[str, tuple[Callable[[ServerSettings, argparse.Namespace], None], tuple[str, ...]]] = {
    "prepare": (_prepare, ()),
    "back-up": (_back_up, ("dump",)),
    "restore": (_restore, ("name", "dump")),
}
_TYPES: dict[str, Callable[[str], object]] = {"dump": Path, "name": str}


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    parsed = _parser().parse_args(arguments)
    command, _ = _COMMANDS[parsed.command]
    try:
        command(load_server_settings(), parsed)
    except SlipwayError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slipway.tracking_server")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, arguments) in _COMMANDS.items():
        command = commands.add_parser(name)
        for argument in arguments:
            command.add_argument(argument, type=_TYPES[argument])
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
