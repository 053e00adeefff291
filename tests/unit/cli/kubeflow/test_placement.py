import pytest

from slipway.cli.kubeflow.placement import Placement, read_placement
from slipway.errors import SettingsError
from tests.support.pages import ROOT, blocks_of


@pytest.fixture
def project(tmp_path):
    """A project with three steps; returns how to write its steps.yaml."""
    for name in ("write_note", "train_model", "train_index"):
        file = tmp_path / "components/toy" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def write(text):
        file = tmp_path / "infra/environments/dev/steps.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path

    return write


def test_environment_without_a_file_asks_for_nothing(tmp_path):
    assert read_placement(tmp_path, "dev") == Placement()


def test_patterns_are_laid_over_the_default_in_the_file_s_order(project):
    root = project("""
default:
  cpu_limit: "1"
  memory_limit: 2Gi
  variables: {A: default, B: default}
  tolerations: [{key: shared, operator: Exists}]
steps:
  train_*:
    cpu_limit: "4"
    variables: {B: train}
    tolerations: [{key: shared, operator: Exists}, {key: gpu, operator: Exists}]
  train_model:
    gpu: {count: 2}
    cpu_limit: "8"
""")
    placement = read_placement(root, "dev")
    model = placement.of("train_model")
    assert (model.cpu_limit, model.memory_limit, model.gpu.count) == ("8", "2Gi", 2)
    assert model.variables == {"A": "default", "B": "train"}
    assert [one.key for one in model.tolerations] == ["shared", "gpu"]
    assert placement.of("train_index").cpu_limit == "4"
    assert placement.of("write_note") == placement.default


def test_second_use_of_a_step_is_placed_as_the_first():
    placement = Placement.model_validate({"steps": {"write_note": {"cpu_limit": "2"}}})
    assert placement.of("write_note_2").cpu_limit == "2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps: {tran_model: {cpu_limit: '1'}}", "Pattern 'tran_model'.*train_index, train_model, write_note"),
        ("default: {cpu_limit: lots}", "default.cpu_limit"),
        ("default: {cpus: '1'}", "default.cpus"),
        ("default: {retries: 11}", "default.retries"),
        ("default: {secrets: [{name: s}]}", "either 'variables' or 'mount_path'"),
        (
            "default: {secrets: [{name: s, variables: {a: A}, mount_path: /s}]}",
            "either 'variables' or 'mount_path'",
        ),
        ("default: {tolerations: [{effect: Never}]}", "effect"),
        ("default: [", "cannot be read"),
        ("- default", "is not usable"),
    ],
)
def test_mistake_is_named(text, told, project):
    with pytest.raises(SettingsError, match=told):
        read_placement(project(text), "dev")


def test_empty_file_asks_for_nothing(project):
    assert read_placement(project("# nothing yet\n"), "dev") == Placement()


def test_example_of_the_documentation_places_steps_that_there_are(project):
    (example,) = (one.text for one in blocks_of(ROOT / "docs/submit.md") if one.remark.endswith("/steps.yaml"))
    root = project(example)
    (root / "components/real").symlink_to(ROOT / "components/tabular")
    assert read_placement(root, "dev").of("train_model").gpu.count == 1
