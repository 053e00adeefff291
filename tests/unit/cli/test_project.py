import pytest

from slipway.cli import project
from slipway.cli.project import find_pipeline, find_project_root, list_pipelines, load_pipeline
from slipway.errors import PipelineError, UsageError

GOOD = '''"""About the file."""
from kfp import dsl

@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def work(n: int) -> int:
    return n

@dsl.pipeline(name="good")
def pipeline(n: int, rate: float = 0.5, names: list[str] = ["a"]):
    """Do good.

    At length.
    """
    work(n=n)
'''


@pytest.fixture
def root(tmp_path):
    (tmp_path / "components").mkdir()
    (tmp_path / "pipelines").mkdir()
    return tmp_path


def add(root, name, text):
    path = root / "pipelines" / f"{name}.py"
    path.write_text(text)
    return path


def test_root_is_found_from_a_folder_below(root):
    below = root / "pipelines" / "deep"
    below.mkdir()
    assert find_project_root(below) == root.resolve()


def test_root_outside_any_project_is_the_editable_source_tree(tmp_path):
    found = find_project_root(tmp_path)
    assert (found / "slipway" / "cli" / "project.py").samefile(project.__file__)


def test_no_project_at_all_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.setattr(project.slipway, "__file__", str(tmp_path / "site-packages" / "slipway" / "__init__.py"))
    with pytest.raises(UsageError, match="a folder with 'pipelines/' and 'components/' in it"):
        find_project_root(tmp_path)


def test_list_reads_name_summary_and_parameters_without_importing(root):
    add(root, "good", GOOD.replace("from kfp", "raise SystemExit\nfrom kfp"))
    (found,) = list_pipelines(root)
    assert (found.name, found.summary) == ("good", "Do good.")
    assert found.parameters == {"n": "int", "rate": "float = 0.5", "names": "list[str] = ['a']"}


def test_list_leaves_out_files_without_a_pipeline(root):
    add(root, "__init__", "")
    add(root, "_private", GOOD)
    add(root, "helpers", "def other(): ...")
    assert list_pipelines(root) == []


def test_list_shows_an_assigned_pipeline_by_the_file_s_docstring(root):
    add(root, "made", '"""Made elsewhere."""\nfrom x import make\npipeline = make()\n')
    (found,) = list_pipelines(root)
    assert (found.name, found.summary) == ("made", "Made elsewhere.")


def test_list_shows_a_file_that_cannot_be_read(root):
    add(root, "torn", "def pipeline(:\n")
    (found,) = list_pipelines(root)
    assert "line 1" in found.summary


@pytest.mark.parametrize("name", ["good_one", "good-one", "pipelines/good_one.py"])
def test_pipeline_is_found_by_name_and_by_path(root, name):
    path = add(root, "good_one", GOOD)
    assert find_pipeline(name, root) == path.resolve()


def test_unknown_pipeline_lists_those_there_are(root):
    add(root, "good", GOOD)
    add(root, "better", GOOD)
    with pytest.raises(UsageError, match="no pipeline 'bad': expected one of: better, good"):
        find_pipeline("bad", root)


def test_load_returns_the_kfp_pipeline(root):
    add(root, "good", GOOD)
    assert load_pipeline("good", root).pipeline_spec.pipeline_info.name == "good"


@pytest.mark.parametrize("text", ["x = 1\n", "pipeline = 3\n"])
def test_load_refuses_a_file_without_a_kfp_pipeline(root, text):
    add(root, "bare", text)
    with pytest.raises(PipelineError, match="holds no pipeline"):
        load_pipeline("bare", root)


def test_load_names_the_line_that_fails(root):
    add(root, "broken", "x = 1\ny = x / 0\n")
    with pytest.raises(PipelineError, match=r"'broken' cannot be built: ZeroDivisionError.*broken.py' at line 2"):
        load_pipeline("broken", root)


def test_load_tells_what_kfp_refuses(root):
    add(root, "wrong", GOOD.replace("work(n=n)", "work(n='text')"))
    with pytest.raises(PipelineError, match="'wrong' cannot be built: .*n"):
        load_pipeline("wrong", root)
