"""Commands whose module is imported when they are called, so that `slipway --help` answers at once."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class LazyCommand(TyperCommand):
    """Stands in the help under its name; turns into the real command when arguments come."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary, rich_markup_mode=None)
        self._target = target

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse `args` by the real command; the context it returns names that command."""
        return self.load().make_context(info_name, args, parent=parent, **extra)

    def load(self) -> Any:
        """Import `module:attribute`, a function or a typer app, and build its command."""
        module, _, attribute = self._target.partition(":")
        loaded = getattr(importlib.import_module(module), attribute)
        host = typer.Typer(add_completion=False, rich_markup_mode=None)
        host.callback()(_nothing)  # with a callback the host is a group, whatever it holds
        if isinstance(loaded, typer.Typer):
            host.add_typer(loaded, name=self.name)
        else:
            host.command(self.name)(loaded)
        group = typer.main.get_command(host)
        assert isinstance(group, TyperGroup)  # noqa: S101
        return group.commands[str(self.name)]


def _nothing() -> None:
    """Take no options."""
