"""The `slipway` command in this process, with its exit code and both streams."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass

import pytest

from slipway.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


def slipway(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Answer:
    """Run `slipway ARGUMENTS` as the console script does."""
    monkeypatch.setattr(sys, "argv", ["slipway", *arguments])
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main()
    return Answer(int(code), out.getvalue(), err.getvalue())
