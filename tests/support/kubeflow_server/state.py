"""What a Kubeflow Pipelines server keeps, and what it refuses; one lock around all of it."""

from __future__ import annotations

import hashlib
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.support.kubeflow_server.argo import Look

EPOCH = "1970-01-01T00:00:00Z"
INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, INTERNAL = 3, 5, 6, 13
_KINDS = {
    "STRING": str,
    "NUMBER_INTEGER": (int, float),
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}


class Refused(Exception):  # noqa: N818 (what a server does)
    """The server refuses, with a code of gRPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class State:
    """All that was created, by id, in order."""

    pipelines: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    recurring: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=lambda: [Look("SUCCEEDED")])
    seen: dict[str, int] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    logs: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create_pipeline(self, wanted: dict[str, Any]) -> dict[str, Any]:
        name = wanted.get("name") or wanted["display_name"]
        if any(one["name"] == name for one in self.pipelines.values()):
            raise Refused(ALREADY_EXISTS, f"The name {name} already exist. Specify a new name")
        return _add(self.pipelines, "pipeline_id", {"display_name": name, **wanted, "name": name})

    def create_version(self, pipeline_id: str, name: str, description: str, text: str) -> dict[str, Any]:
        spec = _parsed(text)
        if pipeline_id not in self.pipelines:
            raise Refused(NOT_FOUND, f"Pipeline {pipeline_id} not found")
        if len(name) > 127:
            raise Refused(INVALID_ARGUMENT, "PipelineVersion.Name length cannot exceed 127")
        if any((one["pipeline_id"], one["name"]) == (pipeline_id, name) for one in self.versions.values()):
            raise Refused(ALREADY_EXISTS, "Failed to create a pipeline version")
        about = {"name": name, "display_name": name, "description": description, "pipeline_spec": spec}
        return _add(self.versions, "pipeline_version_id", {"pipeline_id": pipeline_id, **about})

    def create_experiment(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if any(one["display_name"] == wanted["display_name"] for one in self.experiments.values()):
            raise Refused(ALREADY_EXISTS, f"The name {wanted['display_name']} already exists")
        return _add(self.experiments, "experiment_id", {**wanted, "storage_state": "AVAILABLE"})

    def create_run(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if not wanted.get("display_name"):
            raise Refused(INVALID_ARGUMENT, "The run name is empty. Please specify a valid name")
        self._check_source(wanted)
        return _add(self.runs, "run_id", {**wanted, "state": "PENDING", "finished_at": EPOCH})

    def look(self, run_id: str, *, step: bool) -> tuple[dict[str, Any], Look]:
        """A run as it is; `step` moves on to the next moment."""
        run = _get(self.runs, run_id, "Run")
        at = self.seen.get(run_id, -1) + step
        self.seen[run_id] = min(at, len(self.looks) - 1)
        look = self.looks[max(0, self.seen[run_id])]
        if run_id in self.stopped:
            look = Look("FAILED", steps=look.steps, stopped=True)
        is_over = look.state in {"SUCCEEDED", "FAILED", "CANCELED"}
        return {**run, "state": look.state, "finished_at": _now() if is_over else EPOCH}, look

    def create_recurring(self, wanted: dict[str, Any]) -> dict[str, Any]:
        self._check_source(wanted)
        if not 1 <= int(wanted.get("max_concurrency", 0)) <= 10:
            raise Refused(
                INVALID_ARGUMENT, "Max concurrency of a recurring run must be at least 1 and at most 10."
            )
        cron = wanted["trigger"].get("cron_schedule", {}).get("cron", "")
        if cron and not cron.startswith("@") and len(cron.split()) not in {5, 6}:
            raise Refused(INVALID_ARGUMENT, "Schedule cron is not a supported format")
        mode = wanted.pop("mode", "MODE_UNSPECIFIED")
        answer = _add(self.recurring, "recurring_run_id", wanted)
        return self.switch(answer["recurring_run_id"], enabled=mode == "ENABLE")

    def switch(self, recurring_run_id: str, *, enabled: bool) -> dict[str, Any]:
        one = _get(self.recurring, recurring_run_id, "Job")
        one["status"], one["mode"] = ("ENABLED", "ENABLE") if enabled else ("DISABLED", "DISABLE")
        return one

    def _check_source(self, wanted: dict[str, Any]) -> None:
        reference = wanted["pipeline_version_reference"]
        version = _get(self.versions, reference["pipeline_version_id"], "PipelineVersion")
        if wanted.get("experiment_id") not in self.experiments:
            raise Refused(NOT_FOUND, f"Experiment {wanted.get('experiment_id')} not found")
        spec = version["pipeline_spec"]
        declared = spec.get("pipeline_spec", spec)["root"].get("inputDefinitions", {}).get("parameters", {})
        given = wanted.get("runtime_config", {}).get("parameters", {})
        for name, value in given.items():
            if name not in declared:
                raise Refused(INVALID_ARGUMENT, f"parameter(s) provided are not required by pipeline: {name}")
            if not isinstance(value, _KINDS[declared[name]["parameterType"]]):
                raise Refused(INVALID_ARGUMENT, f"input parameter {name} requires another type")
        for name, one in declared.items():
            if name not in given and "defaultValue" not in one and not one.get("isOptional"):
                raise Refused(INVALID_ARGUMENT, f"parameter {name} is not optional, yet has neither default value")


def page_of(items: list[dict[str, Any]], query: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """One page; the token is opaque, and holds for the same query only."""
    size = min(int(query.get("page_size", 0)) or 20, 200)
    secret = hashlib.sha256(
        repr(sorted((k, v) for k, v in query.items() if k != "page_token")).encode()
    ).hexdigest()
    token = query.get("page_token", "")
    first = 0
    if token:
        start, _, proof = token.partition(".")
        if proof != secret:
            raise Refused(INVALID_ARGUMENT, "Invalid page token")
        first = int(start)
    rest = first + size < len(items)
    return items[first : first + size], f"{first + size}.{secret}" if rest else ""


def _parsed(text: str) -> dict[str, Any]:
    """The pipeline spec, as the server gives it back; refused when it is none."""
    documents = list(yaml.safe_load_all(text))
    try:
        json_format.ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
        if len(documents) > 1:
            json_format.ParseDict(documents[1], pipeline_spec_pb2.PlatformSpec())
    except json_format.ParseError as error:
        raise Refused(INVALID_ARGUMENT, f"invalid v2 pipeline spec: {error}") from error
    if len(documents) > 1:
        return {"pipeline_spec": documents[0], "platform_spec": documents[1]}
    spec: dict[str, Any] = documents[0]
    return spec


def _add(table: dict[str, dict[str, Any]], key: str, content: dict[str, Any]) -> dict[str, Any]:
    new = str(uuid.uuid4())
    table[new] = {key: new, **content, "created_at": _now()}
    return table[new]


def _get(table: dict[str, dict[str, Any]], key: str, what: str) -> dict[str, Any]:
    if key not in table:
        raise Refused(NOT_FOUND, f"{what} {key} not found.")
    return table[key]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
