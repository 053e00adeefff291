"""Writes the parts of the documentation that the code itself knows.

Usage: python docs/generate.py [--check]

A page holds generated parts between `<!-- generated: NAME -->` and `<!-- end -->`; everything else
is written by hand. With `--check` nothing is written, and the exit code is 1 when a part differs.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from slipway import errors
from slipway.cli import doctor_checks
from slipway.cli.lazy import LazyCommand
from slipway.cli.main import command_line
from slipway.cli.project import list_pipelines
from slipway.onnx.certificate import Tolerance
from slipway.release import gate  # noqa: F401 (registers every rule)
from slipway.release.policy import GatePolicy
from slipway.release.rules import RULES
from slipway.settings import Settings
from slipway.training.candidates import catalogue

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
COMMAND = "python docs/generate.py"

_PART = re.compile(r"(?P<head><!-- generated: (?P<name>[\w-]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL)
_PARTS: dict[str, Callable[[], str]] = {}

# What a shell sees: `slipway.errors.ExitCode` by name.
_EXIT_MEANINGS = {
    "OK": "done",
    "FAILED": "failed for another reason than those below, or a bug",
    "USAGE": "wrong arguments, an unknown name or a malformed setting",
    "REFUSED": "a model was refused: by the gate, or for its parity",
    "BAD_DATA": "the data, a request or a row are not what they should be",
    "UNREACHABLE": "the registry or an endpoint does not answer, or cannot start",
    "INTERRUPTED": "Ctrl-C or SIGTERM; finished steps are kept",
}


def part(name: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Register the function that writes a part's Markdown."""

    def register(write: Callable[[], str]) -> Callable[[], str]:
        _PARTS[name] = write
        return write

    return register


def main(arguments: Sequence[str]) -> int:
    """Write every page anew, or with `--check` compare; return the exit code."""
    drifted = [(page, text) for page, text in _pages() if text != page.read_text(encoding="utf-8")]
    if "--check" not in arguments:
        for page, text in drifted:
            page.write_text(text, encoding="utf-8")
        return 0
    for page, _ in drifted:
        print(f"{page.relative_to(ROOT)} is not what the code says: run '{COMMAND}' and commit.", file=sys.stderr)
    return 1 if drifted else 0


def generated(text: str) -> str:
    """Return a page's text with its generated parts written anew.

    Raises:
        KeyError: the page asks for a part that nobody writes.
    """
    return _PART.sub(lambda found: f"{found['head']}\n{_PARTS[found['name']]()}\n\n{found['tail']}", text)


def _pages() -> Iterator[tuple[Path, str]]:
    for page in sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")]):
        yield page, generated(page.read_text(encoding="utf-8"))


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
    rows = [(f"`{name}`", _sentence(text)) for name, text in records]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    usage = " ".join([path, *(one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments)])
    about = inspect.cleandoc(command.help or "")
    yield "\n\n".join([f"### {usage}", about, _table(("argument or option", "meaning"), rows)])


@part("exit-codes")
def exit_codes() -> str:
    """List what each exit code means."""
    rows = [(str(int(code)), _EXIT_MEANINGS[code.name]) for code in errors.ExitCode]
    return _table(("exit code", "meaning"), rows)


@part("errors")
def error_tree() -> str:
    """List every error with its parents, its exit code and its first sentence."""
    return _table(("error", "exit code", "when"), _error_rows(errors.SlipwayError, 0))


def _error_rows(error: type[errors.SlipwayError], depth: int) -> Iterator[tuple[str, str, str]]:
    code = "the step's own" if error is errors.StepFailedError else str(int(error.exit_code))
    indent = "&nbsp;&nbsp;&nbsp;" * depth
    yield f"{indent}`{error.__name__}`", code, _sentence(inspect.getdoc(error) or "")
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _error_rows(child, depth + 1)


@part("settings")
def settings() -> str:
    """List every setting: its name in `slipway.toml`, its variable, its default and what it means."""
    rows = [
        (f"`{name}`", f"`SLIPWAY_{name.upper()}`", f"`{_default(field)}`", field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return _table(("in `slipway.toml`", "in the environment", "default", "meaning"), rows)


@part("candidates")
def candidates() -> str:
    """List every candidate, the tasks it is for, and what it is."""
    rows = [
        (f"`{one.name}`", ", ".join(sorted(one.kinds)), _sentence(inspect.getdoc(one.build) or ""))
        for one in catalogue.candidates()
    ]
    return _table(("candidate", "task", "what it is"), rows)


@part("policy")
def policy() -> str:
    """List the numbers of the gate's policy."""
    return _fields(GatePolicy)


@part("tolerance")
def tolerance() -> str:
    """List what parity allows."""
    return _fields(Tolerance)


@part("rules")
def rules() -> str:
    """List the gate's rules, and what a failed one does."""
    rows = [(rule.name, str(rule.blocking), _sentence(inspect.getdoc(rule.check) or "")) for rule in RULES]
    return _table(("rule", "when it fails", "what it asks"), rows)


@part("checks")
def checks() -> str:
    """List what the doctor looks at."""
    rows = [(name, _sentence(inspect.getdoc(look) or "")) for name, look in doctor_checks.checks().items()]
    return _table(("check", "what it does"), rows)


@part("pipelines")
def pipelines() -> str:
    """List the project's pipelines with their parameters and defaults."""
    rows = [
        (
            f"`{found.name}`",
            found.summary,
            "<br>".join(f"`{key}: {kind}`" for key, kind in found.parameters.items()),
        )
        for found in list_pipelines(ROOT)
    ]
    return _table(("pipeline", "what it does", "parameters"), rows)


def _fields(model: type[BaseModel]) -> str:
    rows = [
        (f"`{name}`", f"`{_default(field)}`", field.description or "")
        for name, field in model.model_fields.items()
    ]
    return _table(("name", "default", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    return str(field.default) if str(field.default) else "(empty)"


def _sentence(text: str) -> str:
    """Return the first paragraph on one line, as a table takes it."""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())


def _table(header: tuple[str, ...], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
