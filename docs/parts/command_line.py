"""Commands, exit codes, and what the doctor looks at."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from docs.parts.part import part, sentence, table
from slipway import errors
from slipway.cli import cluster_checks, doctor_checks
from slipway.cli.lazy import LazyCommand
from slipway.cli.main import command_line

# What a shell sees: `slipway.errors.ExitCode` by name.
_EXIT_MEANINGS = {
    "OK": "done",
    "FAILED": "failed for another reason than those below, or a bug",
    "USAGE": "wrong arguments, an unknown name or a malformed setting",
    "REFUSED": "a model was refused (by the gate, for its parity, signature or answers), or credentials were",
    "BAD_DATA": "the data, a request or a row are not what they should be",
    "UNREACHABLE": "the registry, a cluster, an endpoint or Kubeflow does not answer, or cannot start",
    "INTERRUPTED": "Ctrl-C or SIGTERM, or a run stopped on the cluster; finished steps are kept",
}


@part("commands")
def commands() -> str:
    """Describe every command with its arguments and options, in the order of `slipway --help`."""
    loaded = [
        (name, command.load() if isinstance(command, LazyCommand) else command)
        for name, command in command_line().commands.items()
    ]
    return "\n\n".join(section for name, command in loaded for section in _command(f"slipway {name}", command))


def _command(path: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner:
        for name, one in inner.items():
            yield from _command(f"{path} {name}", one)
        return
    records = [record for one in command.params if (record := one.get_help_record(typer.Context(command)))]
    rows = [(f"`{name}`", sentence(text)) for name, text in records]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    usage = " ".join([path, *(one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments)])
    about = inspect.cleandoc(command.help or "")
    yield "\n\n".join([f"### {usage}", about, table(("argument or option", "meaning"), rows)])


@part("exit-codes")
def exit_codes() -> str:
    """List what each exit code means."""
    rows = [(str(int(code)), _EXIT_MEANINGS[code.name]) for code in errors.ExitCode]
    return table(("exit code", "meaning"), rows)


@part("checks")
def checks() -> str:
    """List what the doctor looks at."""
    return _checks(doctor_checks.checks())


@part("cluster-checks")
def checks_of_a_cluster() -> str:
    """List what the doctor looks at on a cluster."""
    return _checks(cluster_checks.cluster_checks())


def _checks(registered: Mapping[str, object]) -> str:
    rows = [(name, sentence(inspect.getdoc(look) or "")) for name, look in registered.items()]
    return table(("check", "what it does"), rows)
