from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from slipway.data.croissant import DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.writer import write_dataset
from slipway.errors import DataError
from slipway.evaluation.evaluate import evaluate
from slipway.evaluation.plots import draw_plots, read_plots, write_plots
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind, TaskSpec
from tests.support.tiny_bundle import expected_probability, tiny_bundle

TASK = TaskSpec(
    kind=TaskKind.CLASSIFICATION,
    target="late",
    numeric=("distance",),
    categorical=("carrier",),
    slices=("carrier",),
    positive_name="late",
)


def rows_of(count: int, seed: int) -> pa.Table:
    """Rows whose target really is drawn from the tiny model's probabilities."""
    random = np.random.default_rng(seed)
    distance = random.uniform(-2000, 2000, count).astype(np.float32)
    carrier = random.choice(["AA", "UA"], count)
    chance = [expected_probability(*row) for row in zip(distance, carrier, strict=True)]
    return pa.table(
        {"distance": distance, "carrier": carrier, "late": (random.random(count) < chance).astype(int)}
    )


def dataset_of(rows: pa.Table, path: Path) -> Dataset:
    with write_dataset(path, DatasetDescription(name=path.name), step="test") as writer:
        writer.write("rows", rows)
    return Dataset.open(path)


@pytest.fixture
def model(tmp_path: Path) -> OnnxModel:
    return tiny_bundle(tmp_path / "bundle").load_model()


def test_a_good_model_beats_the_trivial_one_on_every_slice(model: OnnxModel, tmp_path: Path) -> None:
    train, test = dataset_of(rows_of(500, 1), tmp_path / "train"), dataset_of(rows_of(2000, 2), tmp_path / "test")
    evaluation, predictions = evaluate(model, TASK, train, test)
    assert evaluation.metrics["log_loss"] < evaluation.baseline["log_loss"]
    assert evaluation.metrics["roc_auc"] > 0.75
    assert evaluation.baseline["roc_auc"] == 0.5
    assert {(entry.column, entry.value) for entry in evaluation.slices} == {("carrier", "AA"), ("carrier", "UA")}
    assert sum(entry.rows for entry in evaluation.slices) == 2000
    assert evaluation.dataset_digest == test.digest
    assert predictions.score.shape == (2000,)


def test_pictures_are_the_same_bytes_for_the_same_numbers(model: OnnxModel, tmp_path: Path) -> None:
    train, test = dataset_of(rows_of(300, 1), tmp_path / "train"), dataset_of(rows_of(300, 2), tmp_path / "test")
    evaluation, predictions = evaluate(model, TASK, train, test)
    pictures = draw_plots(predictions, evaluation)
    assert set(pictures) == {"roc", "precision_recall", "calibration", "confusion", "slices"}
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    assert draw_plots(predictions, evaluation) == pictures
    write_plots(tmp_path / "plots", pictures)
    assert read_plots(tmp_path / "plots") == pictures


def test_held_out_rows_of_one_class_are_refused(model: OnnxModel, tmp_path: Path) -> None:
    rows = rows_of(100, 2)
    test = dataset_of(rows.filter(pa.compute.equal(rows["late"], 1)), tmp_path / "test")
    with pytest.raises(DataError, match="one class of 'late' only"):
        evaluate(model, TASK, dataset_of(rows, tmp_path / "train"), test)


def test_an_answer_that_is_no_number_is_refused(model: OnnxModel, tmp_path: Path) -> None:
    rows = rows_of(100, 2)
    test = rows.set_column(0, "distance", pa.array([float("-inf")] + [1.0] * 99, pa.float32()))
    infinite = test.set_column(0, "distance", pa.array([float("nan")] * 100, pa.float32()))
    train = dataset_of(rows, tmp_path / "train")
    evaluate(model, TASK, train, dataset_of(infinite, tmp_path / "missing"))  # NaN is a missing number
    broken = OnnxModel.open(_square_root_model())
    with pytest.raises(DataError, match="no number in"):
        evaluate(broken, TASK, train, dataset_of(rows, tmp_path / "broken"))


def _square_root_model() -> bytes:
    from onnx import TensorProto, helper

    distance = helper.make_tensor_value_info("distance", TensorProto.FLOAT, [None, 1])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])
    nodes = [
        helper.make_node("Sqrt", ["distance"], ["root"]),
        helper.make_node("Concat", ["root", "root"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(nodes, "root", [distance], [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())
