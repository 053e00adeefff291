"""Who may speak with whom: the NetworkPolicies of both ends, as one table."""

import pytest

from tests.support.charts import objects_of

STEPS = "steps"


def component(selector):
    labels = selector.get("matchLabels", {})
    return labels.get("app.kubernetes.io/component", STEPS if "matchExpressions" in selector else "anybody")


def peers(rules, direction):
    """Each pod that a rule names, with the ports, as (component, port)."""
    for rule in rules:
        for peer in rule[direction]:
            if "podSelector" in peer and "namespaceSelector" not in peer:
                for port in rule.get("ports", [{"port": None}]):
                    yield component(peer["podSelector"]), port["port"]


@pytest.fixture
def policies(objects):
    return {component(one["spec"]["podSelector"]): one["spec"] for one in objects_of(objects, "NetworkPolicy")}


@pytest.fixture
def allowed(policies):
    """What really passes: the one end may speak, and the other listens to it."""
    speak = {(one, *peer) for one, spec in policies.items() for peer in peers(spec.get("egress", []), "to")}
    listen = {
        (peer, one, port)
        for one, spec in policies.items()
        for peer, port in peers(spec.get("ingress", []), "from")
    }
    return speak & listen


def test_both_ends_agree(policies, allowed):
    said = {(one, *peer) for one, spec in policies.items() for peer in peers(spec.get("egress", []), "to")}
    assert {one for one in said if one[1] != "anybody"} == allowed


def test_nobody_but_the_servers_reaches_the_database(allowed):
    assert {one for one, other, _ in allowed if other == "database"} == {"api-server", "metadata"}


def test_steps_reach_what_they_need(allowed):
    assert {(other, port) for one, other, port in allowed if one == STEPS} == {
        ("api-server", 8887),
        ("api-server", 8888),
        ("metadata", 8080),
        ("object-store", 8333),
    }


def test_nothing_reaches_steps(policies):
    assert "ingress" not in policies[STEPS]


def test_a_stranger_is_let_in_nowhere_but_at_the_store_which_asks_for_keys(allowed):
    assert {other for one, other, _ in allowed if one == "stranger"} == {"object-store"}


def test_the_api_is_reached_by_those_who_have_a_token(policies, objects):
    open_ones = {
        name
        for name, spec in policies.items()
        for rule in spec.get("egress", [])
        if any("ipBlock" in peer for peer in rule["to"])
    }
    with_token = {
        one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in objects_of(objects, "Deployment", "StatefulSet")
        if one["spec"]["template"]["spec"]["automountServiceAccountToken"]
    }
    assert open_ones == {*with_token, STEPS}


def test_clients_are_named_by_values(render_with):
    peer = "networkPolicy.apiClients[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=ingress"
    rendered = render_with("--set", peer)
    (policy,) = (
        one for one in objects_of(rendered, "NetworkPolicy") if one["metadata"]["name"] == "kfp-api-server"
    )
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}} in [
        one for rule in policy["spec"]["ingress"] for one in rule["from"]
    ]


def test_steps_reach_more_by_a_value(render_with):
    rule = "networkPolicy.stepsEgress[0].ports[0].port=5000"
    (policy,) = (
        one
        for one in objects_of(render_with("--set", rule), "NetworkPolicy")
        if one["metadata"]["name"] == "kfp-steps"
    )
    assert {"ports": [{"port": 5000}]} in policy["spec"]["egress"]


def test_an_external_database_is_reached_where_it_may_be(render_with):
    options = "database.bundled=false,database.existingSecret=there,database.external.host=db.example.com"
    rendered = render_with("--set", options, "--set", "database.external.cidrs={192.0.2.0/24}")
    blocks = {
        one["metadata"]["name"]: rule["ports"]
        for one in objects_of(rendered, "NetworkPolicy")
        for rule in one["spec"].get("egress", [])
        if {"ipBlock": {"cidr": "192.0.2.0/24"}} in rule["to"]
    }
    assert blocks == {name: [{"protocol": "TCP", "port": 3306}] for name in ("kfp-api-server", "kfp-metadata")}


def test_policies_can_be_left_to_somebody_else(render_with):
    assert not objects_of(render_with("--set", "networkPolicy.enabled=false"), "NetworkPolicy")
