"""Killed anywhere and started again: one run, one version.

The proxy sees every request and so knows the stage; what it kills is real.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from slipway.errors import TrackingUnreachableError
from slipway.registry import tags
from slipway.registry.aliases import set_alias
from slipway.registry.catalogue import list_versions
from slipway.registry.recorder import record_run
from slipway.registry.tracking import connect
from slipway.registry.versions import register_bundle
from tests.support.cutting_proxy import Cut
from tests.support.records import nested_runs, run_record, top_runs
from tests.support.register_once import register_once

pytestmark = pytest.mark.slow

RUN_CREATED = "POST .*/runs/create"
UPLOADING = r"PUT .*/bundle/model\.onnx"
UPLOADED = r"PUT .*/reports/card\.md"
MODEL_CREATED = "POST .*/registered-models/create"
VERSION_CREATED = "POST .*/model-versions/create"


def assert_registered_once(settings, client, bundle, name):
    (run,) = top_runs(client, settings.experiment)
    assert run.info.status == "FINISHED"
    assert len(nested_runs(client, run.info.run_id, settings.experiment)) == 2
    (version,) = list_versions(name, settings)
    assert (version.digest, version.run_id, version.aliases) == (
        bundle.digest,
        run.info.run_id,
        (tags.CHALLENGER,),
    )


def test_a_server_killed_at_one_stage_after_the_other_is_unreachable_until_all_is_registered_once(
    server, proxy, through_proxy, settings, client, bundle, name
):
    server.kill()
    with pytest.raises(TrackingUnreachableError, match="repeat the command"):
        register_once(bundle, through_proxy, name)
    for stage in (RUN_CREATED, UPLOADED, VERSION_CREATED):
        server.start()
        proxy.cut = Cut(stage, then=server.kill)
        with pytest.raises(TrackingUnreachableError, match="repeat the command"):
            register_once(bundle, through_proxy, name)
        assert proxy.cut.done.is_set()
    server.start()
    register_once(bundle, through_proxy, name)
    assert_registered_once(settings, client, bundle, name)


@pytest.mark.parametrize("stage", [RUN_CREATED, UPLOADING, MODEL_CREATED, VERSION_CREATED, "POST .*/alias"])
def test_an_answer_lost_on_the_way_doubles_nothing(proxy, through_proxy, settings, client, bundle, name, stage):
    """The client's library sends the request again, though the server carried it out."""
    proxy.cut = Cut(stage, answered=False)
    register_once(bundle, through_proxy, name)
    assert proxy.cut.done.is_set()
    assert_registered_once(settings, client, bundle, name)


@pytest.mark.parametrize("stage", [RUN_CREATED, UPLOADING, VERSION_CREATED])
def test_a_process_killed_at_a_stage_and_started_again_registers_once(
    proxy, through_proxy, settings, client, bundle, name, stage, register_command
):
    command, folder = register_command
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        proxy.cut = Cut(stage, answered=False, then=process.kill)
        process.communicate()
    assert process.returncode < 0
    register_once(bundle, through_proxy, name)
    assert_registered_once(settings, client, bundle, name)


def test_processes_that_register_at_once_make_one_run_and_one_version(
    settings, client, bundle, name, register_command
):
    command, folder = register_command
    both = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    outputs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    assert_registered_once(settings, client, bundle, name)


@pytest.mark.parametrize("parties", [2, 4])
def test_registrations_that_race_to_create_agree_on_one_version(
    proxy, through_proxy, settings, client, bundle, name, parties
):
    """All pass the look for an existing version before any creates one; they share no lock."""
    run_id = record_run(run_record(bundle), settings)
    proxy.hold(VERSION_CREATED, parties)

    def register(number):
        home = through_proxy.model_copy(update={"home": settings.home / str(number)})
        return register_bundle(name, bundle, run_id, home)

    with ThreadPoolExecutor(parties) as pool:
        results = list(pool.map(register, range(parties)))
    assert [result.version for result in results] == ["1"] * parties
    assert sum(VERSION_CREATED.split("*")[1] in request for request in proxy.requests) == parties
    assert_registered_once(settings, client, bundle, name)


def test_writers_that_set_a_new_alias_at_once_all_succeed(proxy, through_proxy, settings, client, name):
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/unused", await_creation_for=0)
    writer = connect(through_proxy)
    for alias in ("a", "b", "c", "d", "e"):
        proxy.hold("POST .*/alias", 4)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _, alias=alias: set_alias(writer, name, alias, "1"), range(4)))
    assert list_versions(name, settings)[0].aliases == ("a", "b", "c", "d", "e")


def test_a_run_that_is_recorded_by_threads_of_one_home_at_once_is_one(settings, client, bundle):
    with ThreadPoolExecutor(4) as pool:
        run_ids = list(pool.map(lambda _: record_run(run_record(bundle), settings), range(4)))
    assert len(set(run_ids)) == 1
    assert len(top_runs(client, settings.experiment)) == 1
