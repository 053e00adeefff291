"""The checks of `slipway doctor`: one small function each, registered by decorator."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from enum import StrEnum

from slipway.frozen import Frozen
from slipway.settings import Settings


class Status(StrEnum):
    """What a check found; only `fail` makes the command fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(Frozen):
    """One finding; `cure` says what to do unless all is well."""

    name: str
    status: Status
    detail: str
    cure: str = ""


class Finding(Frozen):
    """What a check function returns; the runner adds the name."""

    status: Status
    detail: str
    cure: str = ""


CheckFunction = Callable[[Settings], Finding]
_CHECKS: dict[str, CheckFunction] = {}
_MODULES = ("installation_checks", "machine_checks", "registry_checks")


def check(name: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check under the name that the table shows."""

    def register(function: CheckFunction) -> CheckFunction:
        _CHECKS[name] = function
        return function

    return register


def ok(detail: str) -> Finding:
    """Say that all is well."""
    return Finding(status=Status.OK, detail=detail)


def warn(detail: str, cure: str) -> Finding:
    """Say what will be in the way of some commands."""
    return Finding(status=Status.WARN, detail=detail, cure=cure)


def fail(detail: str, cure: str) -> Finding:
    """Say what stops Slipway."""
    return Finding(status=Status.FAIL, detail=detail, cure=cure)


def checks() -> dict[str, CheckFunction]:
    """List every check by its name, in the order of registration."""
    for module in _MODULES:  # importing one registers its checks
        importlib.import_module(f"slipway.cli.{module}")
    return dict(_CHECKS)


def run_checks(settings: Settings) -> list[Check]:
    """Run every check in the order of registration; one that breaks hides no other."""
    return [_run(name, function, settings) for name, function in checks().items()]


def _run(name: str, function: CheckFunction, settings: Settings) -> Check:
    try:
        found = function(settings)
    except Exception as error:  # a broken check is a finding too
        found = fail(f"the check broke: {type(error).__name__}: {error}", "Report this with your platform's name.")
    return Check(name=name, **found.model_dump())
