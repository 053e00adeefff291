"""What is rendered is what Kubernetes and the definitions of custom resources take."""

import pytest

from tests.support.kubernetes_schemas import VERSIONS, builtin_schemas, custom_schemas, problems


def test_objects_have_distinct_names(rendered):
    names = [(one["kind"], one["metadata"].get("namespace", ""), _name(one)) for one in rendered]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_its_own_kinds(rendered, version):
    schemas, registry = builtin_schemas(version)
    found = {
        f"{one['kind']} {_name(one)}": problems(one, schemas[key], registry)
        for one in rendered
        if (key := (one["apiVersion"], one["kind"])) in schemas
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_definitions_take_their_kinds(rendered):
    builtin, custom = builtin_schemas(VERSIONS[-1])[0], custom_schemas()
    others = [one for one in rendered if (one["apiVersion"], one["kind"]) not in builtin]
    found = {
        f"{one['kind']} {_name(one)}": problems(one, custom[one["apiVersion"], one["kind"]]) for one in others
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def _name(one):
    return one["metadata"]["name"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_misspelled_field_of_a_pod_is_found(version):
    schemas, registry = builtin_schemas(version)
    container = {"name": "a", "image": "b:1", "readynessProbe": {}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container]}}
    (found,) = problems(pod, schemas["v1", "Pod"], registry)
    assert found.startswith("spec.containers.0: ")
    assert "readynessProbe" in found


@pytest.mark.parametrize(
    ("predictor", "found"),
    [
        ({"minReplica": 1}, "minReplica"),
        ({"minReplicas": "one"}, "'one' is not of type 'integer'"),
        ({"model": {"modelFormat": {"name": "onnx"}, "ports": [{"containerport": 1}]}}, "containerport"),
    ],
)
def test_a_mistake_in_a_custom_resource_is_found(predictor, found):
    kind = ("serving.kserve.io/v1beta1", "InferenceService")
    service = dict(zip(("apiVersion", "kind"), kind, strict=True))
    one = {**service, "metadata": {"name": "a"}, "spec": {"predictor": predictor}}
    assert any(found in problem for problem in problems(one, custom_schemas()[kind]))
