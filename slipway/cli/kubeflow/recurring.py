"""The recurring runs on a server. KFP has no call to change one: it is made anew and the old one deleted."""

from __future__ import annotations

from slipway.cli.kubeflow.answers import RecurringRun, Version
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.failures import NOT_FOUND, grpc_code
from slipway.cli.kubeflow.schedule import Schedule
from slipway.errors import KubeflowError


class RecurringRuns:
    """Lists and changes recurring runs (API v2beta1, RecurringRunService)."""

    def __init__(self, kubeflow: Kubeflow) -> None:
        from kfp_server_api import RecurringRunServiceApi

        self._kubeflow = kubeflow
        self._api = RecurringRunServiceApi(kubeflow.transport)

    def all(self) -> list[RecurringRun]:
        """Return every recurring run, of all experiments."""
        page = self._api.recurring_run_service_list_recurring_runs
        listed = self._kubeflow.every(
            "list recurring runs", page, "recurring_runs", sort_by="created_at", **self._kubeflow.scope()
        )
        return [RecurringRun.read(one) for one in listed]

    def create(
        self, name: str, description: str, schedule: Schedule, version: Version, experiment_id: str
    ) -> RecurringRun:
        """Create a recurring run pinned to a version.

        One of the same name and description that is pinned to the same version is taken for the one that
        an unanswered request has created.
        """
        wanted = _wanted(name, description, schedule, version, experiment_id)
        tried: list[str] = []

        def create() -> RecurringRun:
            if tried:
                for one in self.all():
                    if (one.name, one.description, one.version_id) == (name, description, version.version_id):
                        return one
            tried.append(name)
            return RecurringRun.read(self._api.recurring_run_service_create_recurring_run(wanted))

        return self._kubeflow.ask(f"create schedule '{name}'", create)

    def enable(self, one: RecurringRun) -> None:
        """Let it start runs."""
        enable = self._api.recurring_run_service_enable_recurring_run
        self._kubeflow.ask(f"enable schedule '{one.name}'", lambda: enable(one.recurring_run_id))

    def disable(self, one: RecurringRun) -> None:
        """Keep it from starting runs; those that run go on."""
        disable = self._api.recurring_run_service_disable_recurring_run
        self._kubeflow.ask(f"disable schedule '{one.name}'", lambda: disable(one.recurring_run_id))

    def delete(self, one: RecurringRun) -> None:
        """Delete it; that it is gone already is fine."""
        delete = self._api.recurring_run_service_delete_recurring_run
        try:
            self._kubeflow.ask(f"delete schedule '{one.name}'", lambda: delete(one.recurring_run_id))
        except KubeflowError as error:
            if grpc_code(error) != NOT_FOUND:
                raise


def _wanted(name: str, description: str, schedule: Schedule, version: Version, experiment_id: str) -> object:
    """Build a `v2beta1.RecurringRun`; `no_catchup` is the server's word for not making up for missed runs."""
    import kfp_server_api as api

    trigger = api.V2beta1Trigger(
        cron_schedule=api.V2beta1CronSchedule(cron=schedule.server_cron) if schedule.cron else None,
        periodic_schedule=api.V2beta1PeriodicSchedule(interval_second=str(schedule.interval_seconds))
        if schedule.interval_seconds
        else None,
    )
    wanted: object = api.V2beta1RecurringRun(
        display_name=name,
        description=description,
        pipeline_version_reference=api.V2beta1PipelineVersionReference(version.pipeline_id, version.version_id),
        runtime_config=api.V2beta1RuntimeConfig(parameters=dict(schedule.parameters)),
        max_concurrency=str(schedule.max_concurrency),
        trigger=trigger,
        mode=api.RecurringRunMode.ENABLE if schedule.enabled else api.RecurringRunMode.DISABLE,
        no_catchup=not schedule.catch_up,
        experiment_id=experiment_id,
    )
    return wanted
