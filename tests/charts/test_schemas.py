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
