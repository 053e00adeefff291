import pytest

from slipway.cli.local.plan import item_label, plan_steps

LOOP = {"componentRef": {"name": "comp-for-loop-1"}}


def leaf(component, *after):
    return {"componentRef": {"name": component}, "dependentTasks": list(after)}


def document(loop, inner=None):
    """write-note, then a loop over try-candidate, then choose."""
    return {
        "root": {
            "dag": {
                "tasks": {
                    "choose": leaf("comp-choose", "for-loop-1"),
                    "for-loop-1": {**LOOP, "dependentTasks": ["write-note"], **loop},
                    "write-note": leaf("comp-write-note"),
                }
            }
        },
        "components": {
            "comp-choose": {"executorLabel": "exec-choose"},
            "comp-write-note": {"executorLabel": "exec-write-note"},
            "comp-try-candidate": {"executorLabel": "exec-try-candidate"},
            "comp-for-loop-1": {"dag": {"tasks": inner or {"try-candidate": leaf("comp-try-candidate")}}},
        },
    }


def over_parameter(name):
    return {
        "inputs": {"parameters": {"channel--names": {"componentInputParameter": name}}},
        "parameterIterator": {"itemInput": "channel--names-item", "items": {"inputParameter": "channel--names"}},
    }


def names(plan):
    return [step.name for step in plan.steps]


def test_loop_over_a_parameter_is_unrolled_in_order():
    plan = plan_steps(document(over_parameter("names")), {"names": ["ash", "birch"]})
    assert names(plan) == ["write_note", "try_candidate[ash]", "try_candidate[birch]", "choose"]
    assert plan.steps[1].key == "for-loop-1-iteration-0/try-candidate"
    assert plan.loops == {"for-loop-1": "channel--names-item"}


def test_loop_over_a_constant_is_unrolled():
    loop = {"parameterIterator": {"itemInput": "item", "items": {"raw": '[1, {"name": "oak", "depth": 2}]'}}}
    plan = plan_steps(document(loop), {})
    assert names(plan) == ["write_note", "try_candidate[1]", "try_candidate[oak]", "choose"]


def test_loop_over_a_step_s_output_is_not_foreseen():
    assert names(plan_steps(document(over_parameter("unknown")), {})) == ["write_note", "choose"]


def test_loop_inside_a_loop_has_both_labels():
    inner_loop = {
        "for-loop-2": {
            "componentRef": {"name": "comp-for-loop-2"},
            "inputs": {"parameters": {"channel--depths": {"runtimeValue": {"constant": [1.0, 2.0]}}}},
            "parameterIterator": {"itemInput": "depth", "items": {"inputParameter": "channel--depths"}},
        }
    }
    nested = document(over_parameter("names"), inner_loop)
    nested["components"]["comp-for-loop-2"] = {"dag": {"tasks": {"try-candidate": leaf("comp-try-candidate")}}}
    plan = plan_steps(nested, {"names": ["ash"]})
    assert names(plan)[1:3] == ["try_candidate[ash,1]", "try_candidate[ash,2]"]
    assert plan.steps[1].key == "for-loop-1-iteration-0/for-loop-2-iteration-0/try-candidate"
    assert set(plan.loops) == {"for-loop-1", "for-loop-2"}


def test_steps_under_a_condition_are_listed():
    plan = plan_steps(document({"triggerPolicy": {"condition": "1 == 2"}}), {})
    assert names(plan) == ["write_note", "try_candidate", "choose"]


@pytest.mark.parametrize(
    ("item", "label"),
    [
        ("ash", "ash"),
        (3.0, "3"),
        (0.5, "0.5"),
        (True, "True"),
        ({"depth": 2, "name": "oak"}, "oak"),
        ({"depth": 2}, "2"),
        ({}, "7"),
        (["a"], "7"),
        ("", "7"),
        ("x" * 41, "7"),
        (None, "7"),
    ],
)
def test_item_is_told_by_its_value_its_name_or_its_index(item, label):
    assert item_label(item, 7) == label
