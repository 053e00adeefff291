"""Stage 6: measure the model on rows that no earlier step has seen."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-evaluate", install_kfp_package=False)
def evaluate_model(
    model: Input[Model],
    train: Input[Dataset],
    test: Input[Dataset],
    task: dict,
    evaluation: Output[Artifact],
    plots: Output[Artifact],
    metrics: Output[Metrics],
) -> None:
    """Measure overall and per slice beside the trivial model, and draw the pictures."""
    from pathlib import Path

    from slipway.data.dataset import Dataset as Tables
    from slipway.evaluation.evaluate import evaluate
    from slipway.evaluation.plots import draw_plots, write_plots
    from slipway.onnx.session import OnnxModel
    from slipway.storage import write_whole
    from slipway.task import parse_task

    learned, held_out = (Tables.open(Path(part.path)) for part in (train, test))
    report, predictions = evaluate(OnnxModel.open(Path(model.path)), parse_task(task), learned, held_out)
    write_whole(Path(evaluation.path), report.model_dump_json(indent=2))
    write_plots(Path(plots.path), draw_plots(predictions, report))
    for name, value in report.metrics.items():
        metrics.log_metric(name, value)
