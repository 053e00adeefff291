"""A release of an endpoint from its first version to its last, without a lost request and without leftovers."""

import json

from tests.support.cluster import leftovers, wait_until
from tests.support.helm import helm, kubectl
from tests.support.load import load
from tests.support.model_volume import on_volume
from tests.support.questions import infer_path, question


def version_of(answer):
    return answer.json["model_version"]


def served(endpoint):
    """Versions that the gateway leads to; for a moment those that linger, too."""
    return endpoint.ask("GET", "/v2/models/late").json["versions"]


def test_an_update_under_load_loses_no_request(endpoint, volume):
    endpoint.upgrade(on_volume("v1", volume["v1"].digest))

    with load(
        endpoint, infer_path("late"), json.dumps(question()).encode(), clients=4, pause_seconds=0.01
    ) as running:
        running.wait_for_more(100)
        endpoint.upgrade(on_volume("v2", volume["v2"].digest))
        wait_until(lambda: len(endpoint.pods) == 1)  # the old one has gone, after it lingered
        running.wait_for_more(100)

    assert running.lost == []
    assert {answer.status for answer in running.answers} == {200}
    assert [version_of(running.answers[0]), version_of(running.answers[-1])] == ["v1", "v2"]


def test_a_killed_replica_costs_what_it_was_asked_and_no_more(endpoint, volume):
    endpoint.upgrade({**on_volume("v1", volume["v1"].digest), "autoscaling": {"enabled": False, "minReplicas": 2}})
    wait_until(lambda: endpoint.replicas == 2)

    with load(
        endpoint, infer_path("late"), json.dumps(question()).encode(), clients=4, pause_seconds=0.01
    ) as running:
        running.wait_for_more(100)
        killed = endpoint.pods[0]["metadata"]["name"]
        kubectl("delete", "pod", killed, "--namespace", endpoint.namespace, "--grace-period=0", "--force")
        wait_until(lambda: killed not in names(endpoint) and endpoint.replicas == 2)
        recovered = len(running.answers)
        running.wait_for_more(200)

    statuses = [answer.status for answer in running.answers]
    assert set(statuses) <= {200, 502, 503, 504}  # of the gateway, for what the replica had not answered
    assert set(statuses[recovered:]) == {200}
    assert statuses.count(200) > recovered / 2  # the other replica answered all the while


def names(endpoint):
    return {pod["metadata"]["name"] for pod in endpoint.pods}


def test_install_upgrade_rollback_and_uninstall_leave_nothing(endpoint, volume):
    before = leftovers(endpoint.namespace)
    endpoint.upgrade(on_volume("v1", volume["v1"].digest))
    scaling = {"metric": "requestRate", "target": 100}
    watched = {"rules": {"enabled": True}, "podMonitor": {"enabled": True}, "dashboard": {"enabled": True}}
    endpoint.upgrade({**on_volume("v2", volume["v2"].digest), "autoscaling": scaling, "monitoring": watched})
    wait_until(lambda: served(endpoint) == ["v2"])

    helm("rollback", endpoint.name, "1", "--namespace", endpoint.namespace)
    endpoint.wait_until_ready()
    wait_until(lambda: served(endpoint) == ["v1"])

    helm("uninstall", endpoint.name, "--namespace", endpoint.namespace, "--wait")
    wait_until(lambda: leftovers(endpoint.namespace) == before)
