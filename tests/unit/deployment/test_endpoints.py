"""Listing what serves."""

import pytest

from slipway.deployment.endpoints import list_endpoints, traffic_percent
from tests.support.rollouts import DIGESTS, container, deployment, hold, inference_service, pod, replica_set


def test_an_endpoint_is_listed_with_what_it_serves_and_how_much_of_the_traffic(site, api):
    hold(api, inference_service(), deployment(), replica_set(ready=1))

    (found,) = list_endpoints(site)

    assert found.url == "http://tiny-slipway-dev.example.com/v2/models/tiny"
    assert (found.model, found.version, found.digest) == ("tiny", "1", DIGESTS["1"])
    assert (found.replicas_ready, found.replicas_wanted, found.traffic_percent) == (1, 1, 90)
    assert (found.is_ready, found.reason) == (True, "")


def test_one_that_is_not_ready_says_why(site, api):
    ended = container(state={"terminated": {"exitCode": 3}})
    hold(api, inference_service(), deployment(available=0), replica_set(), pod(containerStatuses=[ended]))

    (found,) = list_endpoints(site)

    assert not found.is_ready
    assert found.reason == "container 'kserve-container' exits with 3"


def test_what_slipway_did_not_make_is_not_listed(site, api):
    foreign = inference_service()
    foreign["metadata"]["annotations"] = {}
    hold(api, foreign, deployment())

    assert list_endpoints(site) == []


@pytest.mark.parametrize(
    ("weights", "percent"),
    [({"a": 1}, 100), ({"a": 1, "b": 3}, 25), ({"a": 0, "b": 1}, 0), ({}, 0), ({"a": 0}, 0)],
)
def test_traffic_is_the_share_of_the_weights(weights, percent):
    backends = [{"name": name, "weight": weight} for name, weight in weights.items()]

    assert traffic_percent({"spec": {"rules": [{"backendRefs": backends}]}}, "a") == percent
