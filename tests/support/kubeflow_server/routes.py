"""The paths of Kubeflow Pipelines' API that Slipway uses, each with the models that it takes and gives."""

from __future__ import annotations

import email
import email.policy
import json
from typing import Any
from urllib.parse import unquote_plus

from tests.support.kubeflow_server.argo import manifest
from tests.support.kubeflow_server.routing import KubeflowServer, Request, route
from tests.support.kubeflow_server.schema import check
from tests.support.kubeflow_server.state import INVALID_ARGUMENT, NOT_FOUND, Refused, page_of


def filtered(items: list[dict[str, Any]], query: dict[str, str], keys: dict[str, str]) -> list[dict[str, Any]]:
    """What a filter leaves, which comes encoded twice; only EQUALS on the keys that the real server knows."""
    for predicate in json.loads(unquote_plus(query.get("filter", "{}"))).get("predicates", []):
        check(predicate, "V2beta1Predicate")
        if predicate["key"] not in keys:
            raise Refused(INVALID_ARGUMENT, f'no support for filtering on unrecognized field "{predicate["key"]}"')
        items = [one for one in items if one[keys[predicate["key"]]] == predicate["string_value"]]
    return items


@route("GET", "/apis/v2beta1/healthz")
def _health(kubeflow: KubeflowServer, _: Request) -> Any:
    return kubeflow.health


@route("GET", "/apis/v2beta1/pipelines/names/{}", gives="V2beta1Pipeline")
def _pipeline_by_name(kubeflow: KubeflowServer, request: Request) -> Any:
    for one in kubeflow.state.pipelines.values():
        if one["name"] == request.parts[0]:
            return one
    raise Refused(NOT_FOUND, f"Pipeline {request.parts[0]} not found")


@route("POST", "/apis/v2beta1/pipelines", takes="V2beta1Pipeline", gives="V2beta1Pipeline")
def _create_pipeline(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_pipeline(request.content)


@route("POST", "/apis/v2beta1/pipelines/upload_version", gives="V2beta1PipelineVersion")
def _upload(kubeflow: KubeflowServer, request: Request) -> Any:
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    (part,) = (
        one for one in message.iter_parts() if one.get_param("name", header="Content-Disposition") == "uploadfile"
    )
    text = part.get_payload(decode=True).decode()
    query = request.query
    return kubeflow.state.create_version(query["pipelineid"], query["name"], query.get("description", ""), text)


@route("GET", "/apis/v2beta1/pipelines/{}/versions", gives="V2beta1ListPipelineVersionsResponse")
def _list_versions(kubeflow: KubeflowServer, request: Request) -> Any:
    mine = [one for one in kubeflow.state.versions.values() if one["pipeline_id"] == request.parts[0]]
    found = filtered(mine, request.query, {"name": "name", "display_name": "display_name"})
    return _listed("pipeline_versions", found, request.query)


@route("GET", "/apis/v2beta1/pipelines/{}/versions/{}", gives="V2beta1PipelineVersion")
def _get_version(kubeflow: KubeflowServer, request: Request) -> Any:
    return _known(kubeflow.state.versions, request.parts[1])


@route("GET", "/apis/v2beta1/experiments", gives="V2beta1ListExperimentsResponse")
def _list_experiments(kubeflow: KubeflowServer, request: Request) -> Any:
    found = filtered(list(kubeflow.state.experiments.values()), request.query, {"display_name": "display_name"})
    return _listed("experiments", found, request.query)


@route("POST", "/apis/v2beta1/experiments", takes="V2beta1Experiment", gives="V2beta1Experiment")
def _create_experiment(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_experiment(request.content)


@route("GET", "/apis/v2beta1/runs", gives="V2beta1ListRunsResponse")
def _list_runs(kubeflow: KubeflowServer, request: Request) -> Any:
    keys = {"display_name": "display_name", "run_id": "run_id"}
    return _listed("runs", filtered(list(kubeflow.state.runs.values()), request.query, keys), request.query)


@route("POST", "/apis/v2beta1/runs", takes="V2beta1Run", gives="V2beta1Run")
def _create_run(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_run(request.content)


@route("GET", "/apis/v2beta1/runs/{}", gives="V2beta1Run")
def _get_run(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.look(request.parts[0], step=True)[0]


@route("POST", "/apis/v2beta1/runs/{}:terminate")
def _stop_run(kubeflow: KubeflowServer, request: Request) -> Any:
    _known(kubeflow.state.runs, request.parts[0])
    kubeflow.state.stopped.add(request.parts[0])
    return {}


@route("GET", "/apis/v1beta1/runs/{}")
def _get_run_v1(kubeflow: KubeflowServer, request: Request) -> Any:
    run, look = kubeflow.state.look(request.parts[0], step=False)
    runtime = {"workflow_manifest": text} if (text := manifest(look)) else {}
    return {"run": {"id": run["run_id"], "name": run["display_name"]}, "pipeline_runtime": runtime}


@route("GET", "/apis/v1alpha1/runs/{}/nodes/{}/log")
def _log(kubeflow: KubeflowServer, request: Request) -> Any:
    pod = request.parts[1]
    missing = f'BadRequestError: Failed to read logs for run: pods "{pod}" not found'
    return kubeflow.state.logs.get(pod, json.dumps({"error_message": missing, "error_details": missing}))


@route("GET", "/apis/v2beta1/recurringruns", gives="V2beta1ListRecurringRunsResponse")
def _list_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    return _listed("recurringRuns", list(kubeflow.state.recurring.values()), request.query)


@route("POST", "/apis/v2beta1/recurringruns", takes="V2beta1RecurringRun", gives="V2beta1RecurringRun")
def _create_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    return kubeflow.state.create_recurring(request.content)


@route("POST", "/apis/v2beta1/recurringruns/{}:(enable|disable)")
def _switch_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    kubeflow.state.switch(request.parts[0], enabled=request.parts[1] == "enable")
    return {}


@route("DELETE", "/apis/v2beta1/recurringruns/{}")
def _delete_recurring(kubeflow: KubeflowServer, request: Request) -> Any:
    _known(kubeflow.state.recurring, request.parts[0])
    del kubeflow.state.recurring[request.parts[0]]
    return {}


def _listed(key: str, found: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    page, token = page_of(found, query)
    return {key: page, "total_size": len(found), "next_page_token": token}


def _known(table: dict[str, dict[str, Any]], key: str) -> dict[str, Any]:
    if key not in table:
        raise Refused(NOT_FOUND, f"{key} not found.")
    return table[key]
