"""What reaches a pod and what it reaches is said by a policy."""

import pytest

from tests.support.charts import objects_of
from tests.support.pods import pods_of


def selects(selector, labels):
    """Whether a label selector takes a pod."""
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions", [])
    )


def _holds(expression, labels):
    key, values = expression["key"], expression.get("values", [])
    held = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return held[expression["operator"]]


def test_every_pod_has_a_network_policy(rendered):
    policies = [one["spec"] for one in objects_of(rendered, "NetworkPolicy")]
    for pods in (found for one in rendered for found in pods_of(one) if found.labels is not None):
        chosen = [one for one in policies if selects(one["podSelector"], pods.labels)]
        types = {kind for one in chosen for kind in one["policyTypes"]}
        assert types == {"Ingress", "Egress"}, str(pods)


def test_several_replicas_have_a_disruption_budget(rendered):
    budgets = [one["spec"]["selector"] for one in objects_of(rendered, "PodDisruptionBudget")]
    for pods in (found for one in objects_of(rendered, "Deployment", "StatefulSet") for found in pods_of(one)):
        if pods.owner["spec"].get("replicas", 1) > 1:
            assert any(selects(one, pods.labels) for one in budgets), str(pods)


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ({}, True),
        ({"matchLabels": {"app": "a"}}, True),
        ({"matchLabels": {"app": "a", "tier": "web"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_selectors_take_pods_as_kubernetes_does(selector, taken):
    assert selects(selector, {"app": "a"}) is taken
