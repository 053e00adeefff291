"""Errors, settings, and what training and the gate go by."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.parts.part import part, sentence, table
from slipway import errors
from slipway.cli.kubeflow.placement import StepPlacement
from slipway.cli.kubeflow.schedule import Schedule
from slipway.cli.project import list_pipelines
from slipway.deployment.environments import Environment
from slipway.onnx.certificate import Tolerance
from slipway.release import gate  # noqa: F401 (registers every rule)
from slipway.release.policy import GatePolicy
from slipway.release.rules import RULES
from slipway.settings import Settings
from slipway.training.candidates import catalogue

ROOT = Path(__file__).resolve().parents[2]


@part("errors")
def error_tree() -> str:
    """List every error with its parents, its exit code and its first sentence."""
    return table(("error", "exit code", "when"), _error_rows(errors.SlipwayError, 0))


def _error_rows(error: type[errors.SlipwayError], depth: int) -> Iterator[tuple[str, str, str]]:
    code = "the step's own" if error is errors.StepFailedError else str(int(error.exit_code))
    indent = "&nbsp;&nbsp;&nbsp;" * depth
    yield f"{indent}`{error.__name__}`", code, sentence(inspect.getdoc(error) or "")
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
    return table(("in `slipway.toml`", "in the environment", "default", "meaning"), rows)


@part("environment")
def environment() -> str:
    """List the fields of an environment's file."""
    return _fields(Environment)


@part("candidates")
def candidates() -> str:
    """List every candidate, the tasks it is for, and what it is."""
    rows = [
        (f"`{one.name}`", ", ".join(sorted(one.kinds)), sentence(inspect.getdoc(one.build) or ""))
        for one in catalogue.candidates()
    ]
    return table(("candidate", "task", "what it is"), rows)


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
    rows = [(rule.name, str(rule.blocking), sentence(inspect.getdoc(rule.check) or "")) for rule in RULES]
    return table(("rule", "when it fails", "what it asks"), rows)


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
    return table(("pipeline", "what it does", "parameters"), rows)


@part("placement")
def placement() -> str:
    """List what a step can ask a cluster for."""
    rows = [(f"`{name}`", field.description or "") for name, field in StepPlacement.model_fields.items()]
    return table(("name", "meaning"), rows)


@part("schedule")
def schedule() -> str:
    """List what a schedule says."""
    rows = [(f"`{name}`", field.description or "") for name, field in Schedule.model_fields.items()]
    return table(("name", "meaning"), rows)


def _fields(model: type[BaseModel]) -> str:
    rows = [
        (f"`{name}`", f"`{_default(field)}`", field.description or "")
        for name, field in model.model_fields.items()
    ]
    return table(("name", "default", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return str(field.default) if str(field.default) else "(empty)"
