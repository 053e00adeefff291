"""The values of a chart: closed by their schema, and each explained."""

import pytest

from docs.parts.charts import documented_values
from tests.support.charts import FOLDER, dependencies, read_schema, read_yaml, walk
from tests.support.helm import CommandError, template


def known_objects(chart):
    """Every object of the schema that lists its keys, with the path to it."""
    elsewhere = {*dependencies(chart), "global"}
    for path, schema in walk(read_schema(chart)):
        if "properties" in schema and "type" in schema and not elsewhere.intersection(path[1:2]):
            yield path, schema


def test_no_object_takes_unknown_keys(chart):
    known = known_objects(chart)
    assert [".".join(path) for path, one in known if one.get("additionalProperties") is not False] == []


def test_a_map_of_any_keys_says_what_its_values_are(chart):
    objects = [(path, one) for path, one in walk(read_schema(chart)) if one.get("type") == "object"]
    maps = [(path, one) for path, one in objects if "properties" not in one]
    loose = {".".join(path) for path, one in maps if not isinstance(one.get("additionalProperties"), dict)}
    assert loose <= {f"properties.{name}" for name in (*dependencies(chart), "global")}


def test_an_unknown_key_is_refused(case, folder_of):
    with pytest.raises(CommandError, match="'?unheardOf"):
        template(folder_of(case.chart), [case.values], "release", "default", "--set", "unheardOf=1")


def test_the_schema_lets_a_chart_be_part_of_another(chart):
    """Helm hands `global` down to every chart of an umbrella."""
    assert "global" in read_schema(chart)["properties"]


def test_the_schema_has_exactly_the_values(chart):
    values, schema = read_yaml(FOLDER / chart / "values.yaml"), read_schema(chart)
    assert set(schema["properties"]) - {"global"} == set(values) - {"global"}


def test_every_value_is_explained(chart):
    missing = [one.name for one in documented_values(FOLDER / chart / "values.yaml") if not one.meaning]
    assert missing == []


def test_what_no_comment_explains_is_found(tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text(
        "# -- What this is, and\n# more of it.\nimage:\n  # -- Its name.\n  repository: a\n  tag: b\n"
        "# Not an explanation.\nreplicas: 1\n# -- All of these.\nlabels:\n  a: b\n"
    )
    read = [(one.name, one.default, one.meaning) for one in documented_values(file)]
    assert read == [
        ("image", "", "What this is, and more of it."),
        ("image.repository", '"a"', "Its name."),
        ("image.tag", '"b"', ""),
        ("replicas", "1", ""),
        ("labels", '{"a": "b"}', "All of these."),
    ]
