import pytest

from slipway.cli.parameters import (
    checked_values,
    complete_arguments,
    describe_parameters,
    parse_assignments,
    typed_overrides,
)
from slipway.errors import UsageError

KINDS = {
    "text": "STRING",
    "count": "NUMBER_INTEGER",
    "rate": "NUMBER_DOUBLE",
    "on": "BOOLEAN",
    "names": "LIST",
    "options": "STRUCT",
}


def document(**defaults):
    parameters = {name: {"parameterType": kind} for name, kind in KINDS.items()}
    for name, value in defaults.items():
        parameters[name]["defaultValue"] = value
    return {"root": {"inputDefinitions": {"parameters": parameters}}}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "12", "12"),
        ("text", "", ""),
        ("count", "-3", -3),
        ("count", "9007199254740992", 2**53),
        ("rate", "1e-3", 0.001),
        ("rate", "2", 2.0),
        ("on", "true", True),
        ("on", "False", False),
        ("names", '["a", "b"]', ["a", "b"]),
        ("names", "[]", []),
        ("options", '{"a": {"b": [1]}}', {"a": {"b": [1]}}),
    ],
)
def test_value_takes_the_declared_type(name, text, value):
    typed = typed_overrides(document(), {name: text}, "toy")[name]
    assert typed == value
    assert type(typed) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("count", "3.5", "int"),
        ("count", "three", "int"),
        ("count", "9007199254740993", "int"),
        ("rate", "fast", "float"),
        ("on", "1", "bool"),
        ("names", "a,b", "list"),
        ("names", '{"a": 1}', "list"),
        ("options", "[1]", "dict"),
        ("options", "{a: 1}", "dict"),
    ],
)
def test_value_of_another_type_says_what_was_expected_and_got(name, text, expected):
    with pytest.raises(UsageError, match=f"Parameter '{name}' does not fit: expected {expected}") as caught:
        typed_overrides(document(), {name: text}, "toy")
    assert repr(text) in str(caught.value)


def test_unknown_parameter_lists_those_there_are():
    with pytest.raises(UsageError, match=r"no parameter 'cuont': expected one of: .*count \(int, default 3\)"):
        typed_overrides(document(count=3.0), {"cuont": "3"}, "toy")


@pytest.mark.parametrize("assignment", ["count", "=3", ""])
def test_assignment_needs_a_name_and_an_equals_sign(assignment):
    with pytest.raises(UsageError, match="expected -p key=value"):
        parse_assignments([assignment])


def test_assignment_may_hold_further_equals_signs():
    assert parse_assignments(["text=a=b", "names="]) == {"text": "a=b", "names": ""}


def test_assignment_comes_once():
    with pytest.raises(UsageError, match="'count' is given twice"):
        parse_assignments(["count=1", "count=2"])


def test_complete_arguments_have_the_types_kfp_hands_on():
    full = document(text="a", count=3.0, rate=2, on=True, names=[1, "a", True], options={"deep": [4]})
    arguments = complete_arguments(full, "toy")
    assert arguments["count"] == 3
    assert isinstance(arguments["count"], int)
    assert isinstance(arguments["rate"], float)
    assert [type(value) for value in arguments["names"]] == [float, str, bool]
    assert isinstance(arguments["options"]["deep"][0], float)


def test_parameter_without_a_value_is_asked_for():
    with pytest.raises(UsageError, match=r"needs a value for: text, .*Add -p text="):
        complete_arguments(document(count=1), "toy")


def test_artifact_inputs_are_refused():
    taking = {"root": {"inputDefinitions": {"artifacts": {"model": {}}}}}
    with pytest.raises(UsageError, match="takes artifacts as inputs: model"):
        complete_arguments(taking, "toy")


def test_pipeline_without_parameters_has_no_arguments():
    assert complete_arguments({"root": {}}, "toy") == {}
    assert describe_parameters({"root": {}}) == "none"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "12"),
        ("count", 3),
        ("rate", 2),
        ("rate", 0.5),
        ("on", False),
        ("names", []),
        ("options", {"a": 1}),
    ],
)
def test_value_from_yaml_is_taken_as_it_is(name, value):
    assert checked_values(document(), {name: value}, "toy") == {name: value}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", 12, "str"),
        ("count", 3.5, "int"),
        ("count", True, "int"),
        ("rate", "0.5", "float"),
        ("on", 1, "bool"),
        ("names", "a", "list"),
        ("options", [], "dict"),
        ("text", None, "str"),
    ],
)
def test_value_from_yaml_of_another_type_is_refused(name, value, expected):
    with pytest.raises(UsageError, match=f"'{name}' of pipeline 'toy' does not fit: expected {expected}"):
        checked_values(document(), {name: value}, "toy")


def test_value_from_yaml_for_nothing_is_refused():
    with pytest.raises(UsageError, match="has no parameter 'size'"):
        checked_values(document(), {"size": 3}, "toy")


def test_given_value_stands_for_a_missing_default_and_beats_one_that_is_there():
    declared = document(**{name: None for name in KINDS if name != "count"})
    given = {"count": 3, "text": "given", "on": True, "names": [1], "options": {}, "rate": 0.5}
    assert complete_arguments(declared, "toy", given) == {**given, "names": [1.0]}
