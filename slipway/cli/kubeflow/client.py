"""A Kubeflow Pipelines 2.17 server: what Slipway asks of it, by its API v2beta1.

Every call here may be repeated: what creates something looks first whether it is there, and takes
the server's ALREADY_EXISTS for an answer. So a cut connection never makes a thing twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from slipway.cli.kubeflow.answers import Run, Version
from slipway.cli.kubeflow.compatibility import usable_namespace
from slipway.cli.kubeflow.credentials import server_url
from slipway.cli.kubeflow.failures import http_status, kubeflow_errors
from slipway.cli.kubeflow.patience import Patience
from slipway.errors import KubeflowError, UsageError
from slipway.settings import Settings

PAGE_SIZE = 100  # the server gives 200 at most (backend/src/apiserver/list)
_FIRST_CONTACT_SECONDS = 3.0
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_Answer = TypeVar("_Answer")


class Kubeflow:
    """Talks to one server for one command; `say` hears when it has to wait for it."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        from slipway.cli.kubeflow.transport import Transport

        self.url = server_url(settings)
        self.transport = Transport(settings, self.url)
        self._patience = Patience(settings.kubeflow_patience_seconds, say)
        first = Patience(min(_FIRST_CONTACT_SECONDS, settings.kubeflow_patience_seconds), say)
        health = first.call(lambda: self._once("reach Kubeflow Pipelines", self._health))
        self.namespace = usable_namespace(health, self.url, settings.kubeflow_namespace)

    def ask(self, doing: str, request: Callable[[], _Answer]) -> _Answer:
        """Make a request that may be repeated, with patience; `doing` follows "Cannot" in errors."""
        return self._patience.call(lambda: self._once(doing, request))

    def every(self, doing: str, page: Callable[..., Any], items: str, **query: Any) -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        token = ""
        while True:
            found = self.ask(doing, partial(page, page_token=token, page_size=PAGE_SIZE, **query))
            yield from getattr(found, items) or []
            token = found.next_page_token or ""
            if not token:
                return

    def existing_or(self, find: Callable[[], str], create: Callable[[], str]) -> str:
        """Return the id that `find` gives, else that of `create`, else of who was faster."""
        found = find()
        if found:
            return found
        try:
            return create()
        except KubeflowError as error:
            if http_status(error) != HTTPStatus.CONFLICT:
                raise
            found = find()
            if not found:  # a conflict of another kind
                raise
            return found

    def find_experiment(self, name: str) -> str:
        """Return the id of an experiment; empty when there is none of that name."""
        from kfp_server_api import ExperimentServiceApi

        page = ExperimentServiceApi(self.transport).experiment_service_list_experiments
        query = {"filter": equals("display_name", name), **self.scope()}
        listed = self.every("list experiments", page, "experiments", **query)
        return next((str(one.experiment_id) for one in listed), "")

    def experiment_id(self, name: str) -> str:
        """Return the id of an experiment, creating it when there is none of that name."""
        from kfp_server_api import ExperimentServiceApi, V2beta1Experiment

        wanted = V2beta1Experiment(display_name=name, namespace=self.namespace or None)
        create = ExperimentServiceApi(self.transport).experiment_service_create_experiment
        doing = f"create experiment '{name}'"
        return self.existing_or(
            lambda: self.find_experiment(name),
            lambda: str(self.ask(doing, lambda: create(wanted)).experiment_id),
        )

    def create_run(self, name: str, version: Version, experiment_id: str, parameters: dict[str, Any]) -> Run:
        """Start a run under a name that nobody else uses, and return it.

        A run of that name is taken for the one that an unanswered request has started: KFP itself
        would start another for each request.
        """
        from kfp_server_api import RunServiceApi, V2beta1PipelineVersionReference, V2beta1Run, V2beta1RuntimeConfig

        api = RunServiceApi(self.transport)
        wanted = V2beta1Run(
            display_name=name,
            experiment_id=experiment_id,
            pipeline_version_reference=V2beta1PipelineVersionReference(version.pipeline_id, version.version_id),
            runtime_config=V2beta1RuntimeConfig(parameters=parameters),
        )
        tried: list[str] = []

        def start() -> Any:
            if tried:
                query = {"filter": equals("display_name", name), "experiment_id": experiment_id}
                for run in api.run_service_list_runs(**query).runs or []:
                    return run
            tried.append(name)
            return api.run_service_create_run(wanted)

        return Run.read(self.ask("start the run", start))

    def run(self, run_id: str) -> Run:
        """Return a run by its id.

        Raises:
            KubeflowError: there is none.
        """
        from kfp_server_api import RunServiceApi

        api = RunServiceApi(self.transport)
        return Run.read(self.ask(f"get run '{run_id}'", lambda: api.run_service_get_run(run_id)))

    def find_run(self, id_or_name: str) -> Run:
        """Return a run by its id or its name; of several of that name the newest.

        Raises:
            UsageError: there is none.
        """
        from kfp_server_api import RunServiceApi

        page = RunServiceApi(self.transport).run_service_list_runs
        key = "run_id" if _ID.fullmatch(id_or_name) else "display_name"
        query = {"filter": equals(key, id_or_name), "sort_by": "created_at desc", **self.scope()}
        for found in self.every(f"look for run '{id_or_name}'", page, "runs", **query):
            return Run.read(found)
        raise UsageError(
            f"There is no run '{id_or_name}' at {self.url}", cure="Give the id that 'slipway submit' printed."
        )

    def stop_run(self, run_id: str) -> None:
        """Ask the server to stop a run; its running steps are killed."""
        from kfp_server_api import RunServiceApi

        api = RunServiceApi(self.transport)
        self.ask(f"stop run '{run_id}'", lambda: api.run_service_terminate_run(run_id))

    def scope(self) -> dict[str, str]:
        """Return the query that limits a list to the namespace; a server of a single user has none."""
        return {"namespace": self.namespace} if self.namespace else {}

    def _once(self, doing: str, request: Callable[[], _Answer]) -> _Answer:
        with kubeflow_errors(self.url, doing):
            return request()

    def _health(self) -> tuple[str, str]:
        return self.transport.text("/apis/v2beta1/healthz")


def equals(key: str, value: str) -> str:
    """Return a filter for lists (backend/api/v2beta1/filter.proto): JSON, encoded as in URLs."""
    return quote(json.dumps({"predicates": [{"key": key, "operation": "EQUALS", "string_value": value}]}))
