"""Reading amounts, and what is left of a node."""

import pytest

from slipway.cluster.quantities import amount
from slipway.cluster.room import asked, read_room


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("250m", 0.25),
        ("2", 2),
        (3, 3),
        ("1Gi", 2**30),
        ("1500Mi", 1500 * 2**20),
        ("1e3", 1000),
        ("2k", 2000),
        ("0", 0),
    ],
)
def test_quantities_are_read(quantity, expected):
    assert amount(quantity) == pytest.approx(expected)


@pytest.mark.parametrize("quantity", ["", "much", "1X", "Gi"])
def test_what_is_no_quantity_is_refused(quantity):
    with pytest.raises(ValueError, match="is no quantity"):
        amount(quantity)


def _asks(cpu, **facts):
    return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **facts}


@pytest.mark.parametrize(
    ("spec", "cores"),
    [
        ({"containers": [_asks("100m"), _asks("200m"), {"name": "none"}]}, 0.3),
        ({"containers": [_asks("100m")], "initContainers": [_asks("2"), _asks("1")]}, 2),
        ({"containers": [_asks("1")], "initContainers": [_asks("500m", restartPolicy="Always")]}, 1.5),
        ({"containers": [_asks("1")], "overhead": {"cpu": "250m"}}, 1.25),
    ],
)
def test_a_pod_asks_for_its_containers_or_its_greediest_init_container(spec, cores):
    assert asked(spec, "cpu") == pytest.approx(cores)


def test_room_is_what_a_node_gives_less_what_its_living_pods_ask_for(cluster, api):
    def pod(name, phase, node="one"):
        spec = {"nodeName": node, "containers": [_asks("500m")]}
        return {"metadata": {"name": name, "namespace": "n"}, "spec": spec, "status": {"phase": phase}}

    gives = {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}}
    nodes = [{"metadata": {"name": name}, "spec": {}, "status": gives} for name in ("one", "two")]
    nodes.append({"metadata": {"name": "drained"}, "spec": {"unschedulable": True}, "status": gives})
    api.hold("/api/v1/nodes", *nodes)
    api.hold(
        "/api/v1/pods", pod("a", "Running"), pod("b", "Succeeded"), pod("c", "Pending"), pod("d", "Pending", "")
    )

    assert [str(room) for room in read_room(cluster)] == [
        "two: 2.0 cores, 4.0 GiB, 10 pods",
        "one: 1.0 cores, 4.0 GiB, 8 pods",
    ]
    assert [room.takes(1.5, 2**30) for room in read_room(cluster)] == [True, False]
