"""A run from end to end: the toy pipeline by the real command line, its steps real processes."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.toy import make_toy_project, step

pytestmark = pytest.mark.slow

# notes: write_note, two candidates at once, choose_candidate, and a second note under a condition.
STEPS = ["write_note", "try_candidate[ash]", "try_candidate[birch]", "choose_candidate"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    project = make_toy_project(tmp_path_factory.mktemp("finished"))
    answer = project.slipway("run", "notes", "-p", "numbers=[1, 2]", "--json")
    assert answer.returncode == 0, answer.stderr
    return project, answer, json.loads(answer.stdout)


def output_of(record):
    return json.loads(Path(record["outputs"]["Output"]).read_text())


def test_run_runs_every_step_and_skips_what_its_condition_excludes(finished):
    _, _, record = finished
    done = [one["name"] for one in record["steps"] if one["status"] == "done"]
    assert sorted(done) == sorted(STEPS)
    assert step(record, "write_note_2")["status"] == "skipped"


def test_run_tells_each_step_without_a_terminal_as_lines(finished):
    _, answer, _ = finished
    lines = answer.stderr.splitlines()
    assert "[1/5] write_note … running" in lines
    for name in STEPS:
        assert any(f"] {name} … done in " in line for line in lines), name


def test_run_says_nothing_of_kfp(finished):
    _, answer, _ = finished
    assert "KFP" not in answer.stderr
    assert "----" not in answer.stderr + answer.stdout


def test_loop_iterations_overlap_in_time(finished):
    _, _, record = finished
    first, second = output_of(record)["spans"]
    assert first["started"] < second["ended"]
    assert second["started"] < first["ended"]


def test_outputs_pass_between_steps(finished):
    _, _, record = finished
    assert [span["text"] for span in output_of(record)["spans"]] == ["a note", "a note"]


def test_integers_inside_lists_become_floats_as_kfp_has_it(finished):
    _, _, record = finished
    assert output_of(record)["numbers"] == ["1.0", "2.0"]
    assert output_of(record)["count"] == "3"


def test_run_folder_holds_the_ir_that_ran(finished):
    project, _, record = finished
    text = (project.home / "runs" / record["run"] / "pipeline.yaml").read_text()
    executors = next(yaml.safe_load_all(text))["deploymentSpec"]["executors"]
    images = {executor["container"]["image"] for executor in executors.values()}
    assert len(images) == 1
    assert images.pop().startswith("slipway-toy:")


def test_each_step_has_a_log_of_its_own(finished):
    project, _, record = finished
    folder = project.home / "runs" / record["run"]
    logs = [one["log"] for one in record["steps"] if one["status"] == "done"]
    assert len(set(logs)) == len(STEPS)
    assert all("executor_input" in (folder / log).read_text() for log in logs)


def test_run_leaves_no_workspace_behind(finished):
    project, _, record = finished
    assert not (project.home / "runs" / record["run"] / "workspace").exists()


def test_runs_lists_the_run(finished):
    project, _, record = finished
    assert [run["run"] for run in project.runs()][:1] == [record["run"]]
    listed = project.slipway("runs")
    assert record["run"] in listed.stdout
    assert "4/0/5" in listed.stdout


def test_second_run_takes_every_step_from_the_cache(tmp_path):
    project = make_toy_project(tmp_path)
    assert project.slipway("run", "notes").returncode == 0
    before = project.journal()
    answer = project.slipway("run", "notes", "-p", "count=3")  # the default, given by hand
    assert answer.returncode == 0, answer.stderr
    assert "0 steps run, 4 cached" in answer.stdout
    assert "try_candidate[birch] … cached" in answer.stderr
    assert project.journal() == before


def test_changed_parameter_runs_again_what_depends_on_it(tmp_path):
    project = make_toy_project(tmp_path)
    assert project.slipway("run", "notes").returncode == 0
    answer = project.slipway("run", "notes", "-p", "count=4")
    assert "1 steps run, 3 cached" in answer.stdout


def test_changed_component_code_runs_again(tmp_path):
    project = make_toy_project(tmp_path)
    assert project.slipway("run", "slow", "-p", "names=[]").returncode == 0
    source = project.root / "components" / "toy" / "write_note.py"
    source.write_text(source.read_text() + "# changed\n")
    assert "1 steps run, 0 cached" in project.slipway("run", "slow", "-p", "names=[]").stdout


def test_no_cache_runs_every_step(tmp_path):
    project = make_toy_project(tmp_path)
    for _ in range(2):
        answer = project.slipway("run", "slow", "-p", "names=[]", "--no-cache")
        assert "1 steps run, 0 cached" in answer.stdout
    assert project.journal() == ["write_note", "write_note"]


def test_cut_artifact_is_made_anew(tmp_path):
    project = make_toy_project(tmp_path)
    assert project.slipway("run", "slow", "-p", "names=[]").returncode == 0
    (made,) = project.home.glob("runs/*/write-note/note/text")
    made.write_text("cut")
    assert "1 steps run, 0 cached" in project.slipway("run", "slow", "-p", "names=[]").stdout


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path):
    project = make_toy_project(tmp_path)
    both = [project.start("run", "notes", "-p", f"text=note {number}", "--json") for number in (1, 2)]
    records = []
    for process in both:
        out, err = process.communicate()
        assert process.returncode == 0, err
        records.append(json.loads(out))
    assert records[0]["run"] != records[1]["run"]
    for number, record in enumerate(records, start=1):
        assert {span["text"] for span in output_of(record)["spans"]} == {f"note {number}"}
    assert {run["status"] for run in project.runs()} == {"done"}


def test_steps_are_told_the_git_revision(tmp_path, git):
    project = make_toy_project(tmp_path)
    commit = git(project.root)
    answer = project.slipway("run", "notes", "--json")
    assert answer.returncode == 0, answer.stderr
    assert output_of(json.loads(answer.stdout))["revision"] == commit
