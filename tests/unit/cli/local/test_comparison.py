import hashlib
from datetime import UTC, datetime

import pytest

from slipway.cli.local.comparison import compare_runs, content_digest
from slipway.cli.local.outputs import OutputRecord, output_records
from slipway.cli.local.record import RunRecord, StepRecord
from slipway.errors import UsageError


@pytest.fixture
def artifact(tmp_path):
    def write(content, kind="Model"):
        path = tmp_path / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return OutputRecord(kind=kind, value={"written_at": str(path)}, path=str(path))

    return write


def metrics(**values):
    return OutputRecord(kind="Metrics", value=values, path="/nothing/is/written/here")


def run(name="toy-1", pipeline="toy", status="done", **steps):
    records = [
        StepRecord(name=step, key=step, status="done", cached=False, seconds=1.0, log=None, outputs=outputs)
        for step, outputs in steps.items()
    ]
    return RunRecord(
        run=name,
        pipeline=pipeline,
        parameters={},
        code_revision="abc",
        status=status,
        started=datetime.now(UTC),
        steps=records,
    )


def test_same_content_is_the_same_wherever_it_is(artifact, tmp_path):
    moved = tmp_path / "elsewhere"
    moved.write_bytes(b"model")
    left = run(train={"model": artifact(b"model")}, evaluate={"metrics": metrics(loss=0.5)})
    right = run(
        train={"model": OutputRecord(kind="Model", value={}, path=str(moved))},
        evaluate={"metrics": metrics(loss=0.5)},
    )
    compared = compare_runs(left, right)
    assert [(one.step, one.output, one.same, one.judged) for one in compared] == [
        ("train", "model", True, True),
        ("evaluate", "metrics", True, True),
    ]
    assert compared[0].digests[0] == f"sha256:{hashlib.sha256(b'model').hexdigest()}"


def test_difference_is_named_by_step_and_number(artifact):
    left = run(train={"model": artifact(b"a")}, evaluate={"metrics": metrics(loss=0.5, rows=2.0)})
    right = run(train={"model": artifact(b"b")}, evaluate={"metrics": metrics(loss=0.25, rows=2.0)})
    model, numbers = compare_runs(left, right)
    assert (model.same, numbers.same) == (False, False)
    assert numbers.detail == "loss 0.5 | 0.25"


def test_reports_and_parameters_are_shown_but_not_judged(artifact):
    left = run(
        a={"d": metrics(x=1.0), "r": artifact(b"1", "Markdown"), "p": OutputRecord(kind="parameter", value=1)}
    )
    right = run(
        a={"d": metrics(x=1.0), "r": artifact(b"2", "Markdown"), "p": OutputRecord(kind="parameter", value=2)}
    )
    assert {one.output: (one.same, one.judged) for one in compare_runs(left, right)} == {
        "d": (True, True),
        "p": (False, False),
        "r": (False, False),
    }


def test_step_of_one_run_alone_is_a_difference():
    left, right = run(a={"m": metrics(x=1.0)}), run(a={"m": metrics(x=1.0)}, b={"m": metrics(x=1.0)})
    _, second = compare_runs(left, right)
    assert (second.step, second.same, second.detail) == ("b", False, "only in the second run")


def test_folder_s_digest_follows_names_and_contents(tmp_path):
    def digest(**files):
        folder = tmp_path / hashlib.sha256(str(files).encode()).hexdigest()
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        return content_digest(OutputRecord(kind="Artifact", value={}, path=str(folder)))

    assert digest(a="1", b="2") != digest(a="1", c="2")
    assert digest(a="1") != digest(a="2")


@pytest.mark.parametrize(
    ("right", "message"),
    [
        (run("toy-2", pipeline="other", a={"m": metrics(x=1.0)}), "Runs of two pipelines.*'toy' and 'other'"),
        (run("toy-2", status="failed", a={"m": metrics(x=1.0)}), "'toy-2' did not finish: got 'failed'"),
        (run("toy-2", a={"m": OutputRecord(kind="Model", value={}, path="/gone/model")}), "'/gone/model' is gone"),
    ],
)
def test_what_cannot_be_compared_is_told(right, message):
    with pytest.raises(UsageError, match=message):
        compare_runs(run(a={"m": metrics(x=1.0)}), right)


def test_records_without_outputs_are_not_taken_for_equal():
    with pytest.raises(UsageError, match="nothing to compare"):
        compare_runs(run(a={}), run("toy-2", a={}))


def test_outputs_are_recorded_as_kfp_gives_them():
    from kfp import dsl

    model = dsl.Model(name="m", uri="/somewhere", metadata={"framework": "onnx"})
    records = output_records(
        {"several": [dsl.Dataset(uri="/a"), dsl.Dataset(uri="/b")], "model": model, "count": 3}
    )
    assert records == {
        "count": OutputRecord(kind="parameter", value=3),
        "model": OutputRecord(kind="Model", value={"framework": "onnx"}, path="/somewhere"),
        "several[0]": OutputRecord(kind="Dataset", value={}, path="/a"),
        "several[1]": OutputRecord(kind="Dataset", value={}, path="/b"),
    }
