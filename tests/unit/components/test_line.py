"""Each component's own function, run on the real files that the one before it wrote."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from kfp import dsl

from components.collect.collect_sources import collect_sources
from components.evaluate.evaluate_model import evaluate_model
from components.evaluate.package_bundle import package_bundle
from components.release.judge_release import judge_release
from components.release.register_model import register_model
from components.tabular.search_candidate import search_candidate
from components.tabular.select_candidate import select_candidate
from components.tabular.split_dataset import split_dataset
from components.tabular.train_model import train_model
from components.tabular.transform_dataset import transform_dataset
from components.tabular.validate_dataset import validate_dataset
from slipway.bundle.bundle import Bundle
from slipway.data.dataset import Dataset
from slipway.errors import ExpectationError
from slipway.onnx.session import OnnxModel
from slipway.registry.catalogue import list_versions
from slipway.settings import load_settings
from tests.support.artifacts import artifact
from tests.support.tiny_line import TinyLine

TASK = {
    "kind": "classification",
    "target": "late",
    "numeric": ["distance"],
    "categorical": ["carrier"],
    "slices": ["carrier"],
}
RULE = {"kind": "time", "column": "at", "validation_from": "2013-01-11", "test_from": "2013-01-16"}


class Line:
    """The files of one run, by the name of the artifact."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.returned: dict[str, object] = {}

    def at(self, name: str, kind: type[dsl.Artifact] = dsl.Artifact) -> dsl.Artifact:
        return artifact(self.folder / name, kind)

    def path(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("line")
    project = TinyLine(folder / "project").write()
    run = Line(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_HOME", str(folder / "home"))
        patch.setenv("SLIPWAY_CODE_REVISION", "abc123")
        for name in ("SLIPWAY_TRACKING_URI", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        _prepare(run, yaml.safe_load((project.folder / "source.yaml").read_text()))
        _learn(run)
        _release(run)
        yield run


def _prepare(run: Line, source: dict) -> None:
    collect_sources.python_func(source=source, dataset=run.at("raw", dsl.Dataset))
    run.returned["validated"] = validate_dataset.python_func(dataset=run.at("raw"), expectations={})
    transform_dataset.python_func(
        dataset=run.at("raw"),
        query="SELECT *, distance * 2 AS twice FROM trips",
        name="trips",
        key=["id"],
        transformed=run.at("table", dsl.Dataset),
    )
    parts = {part: run.at(part, dsl.Dataset) for part in ("train", "validation", "test")}
    split_dataset.python_func(dataset=run.at("table"), rule=RULE, share=1.0, **parts)


def _learn(run: Line) -> None:
    parts = {"train": run.at("train"), "validation": run.at("validation")}
    names = ["logistic_regression", "random_forest"]
    for name in names:
        search_candidate.python_func(
            **parts, task=TASK, candidate=name, trials=1, rows=500, seed=1, result=run.at(f"result-{name}")
        )
    results = [run.at(f"result-{name}") for name in names]
    run.returned["winner"] = select_candidate.python_func(results=results, selection=run.at("selection"))
    train_model.python_func(
        selection=run.at("selection"),
        **parts,
        task=TASK,
        name="tiny",
        tolerance={},
        model=run.at("model", dsl.Model),
        certificate=run.at("certificate"),
    )


def _release(run: Line) -> None:
    metrics = run.at("metrics", dsl.Metrics)
    evaluate_model.python_func(
        model=run.at("model"),
        train=run.at("train"),
        test=run.at("test"),
        task=TASK,
        evaluation=run.at("evaluation"),
        plots=run.at("plots"),
        metrics=metrics,
    )
    run.returned["metrics"] = metrics.metadata
    inputs = ("model", "certificate", "evaluation", "plots", "selection", "train", "validation", "test")
    package_bundle.python_func(
        **{name: run.at(name) for name in inputs}, name="tiny", pipeline="tiny", bundle=run.at("bundle", dsl.Model)
    )
    run.returned["decision"] = judge_release.python_func(
        bundle=run.at("bundle"),
        test=run.at("test"),
        name="tiny",
        policy={},
        verdict=run.at("verdict"),
        report=run.at("report", dsl.Markdown),
    )
    judged = {name: run.at(name) for name in ("bundle", "selection", "verdict", "report")}
    run.returned["release"] = register_model.python_func(**judged, name="tiny")


def test_collect_sources_writes_the_tables_it_pinned(line: Line) -> None:
    dataset = Dataset.open(line.path("raw"), verify=True)
    assert dataset.rows == 2400
    assert dataset.ancestry[0].sources[0].url.endswith("trips.csv")


def test_validate_dataset_returns_the_digest_and_stops_at_a_broken_rule(line: Line) -> None:
    assert line.returned["validated"] == Dataset.open(line.path("raw")).digest
    rule = {"because": "a test", "broken_by": "SELECT * FROM trips WHERE id = 7"}
    with pytest.raises(ExpectationError, match="is broken by 1 rows"):
        validate_dataset.python_func(dataset=line.at("raw"), expectations={"rules": {"no seven": rule}})


def test_transform_and_split_keep_every_row(line: Line) -> None:
    rows = [Dataset.open(line.path(part), verify=True).rows for part in ("train", "validation", "test")]
    assert sum(rows) == Dataset.open(line.path("table")).rows == 2400
    assert all(rows)


def test_select_candidate_returns_the_best_score(line: Line) -> None:
    selection = json.loads(line.path("selection").read_text())
    scores = {result["candidate"]: result["score"] for result in selection["results"]}
    assert line.returned["winner"] == min(scores, key=lambda name: scores[name])
    assert set(scores) == {"logistic_regression", "random_forest"}


def test_train_model_writes_onnx_and_a_passed_certificate(line: Line) -> None:
    model = OnnxModel.open(line.path("model"))
    assert model.signature.input_names == ("distance", "carrier")
    answer = model.run({"distance": np.array([[0.9]], np.float32), "carrier": np.array([["AA"]], object)})
    assert answer["probabilities"][0, 1] > 0.5
    assert json.loads(line.path("certificate").read_text())["passed"] is True


def test_evaluate_model_logs_what_it_measured(line: Line) -> None:
    measured = json.loads(line.path("evaluation").read_text())
    assert line.returned["metrics"] == measured["metrics"]
    assert sorted(path.stem for path in line.path("plots").iterdir()) == [
        "calibration",
        "confusion",
        "precision_recall",
        "roc",
        "slices",
    ]


def test_package_bundle_knows_its_code_and_data(line: Line) -> None:
    bundle = Bundle.open(line.path("bundle"))
    assert bundle.lineage.code_revision == "abc123"
    assert bundle.lineage.parameters["candidate"] == line.returned["winner"]
    assert [node.step for node in bundle.lineage.datasets][:2] == ["collect", "transform"]


def test_judge_and_register_make_the_first_champion(line: Line) -> None:
    assert line.returned["decision"] == "promote"
    assert "# Release gate: promote" in line.path("report").read_text()
    assert line.returned["release"] == ("models:/tiny/1", "1", "promote")
    (version,) = list_versions("tiny", load_settings(home=line.path("home")))
    assert version.aliases == ("champion",)
    assert version.digest == Bundle.open(line.path("bundle")).digest
