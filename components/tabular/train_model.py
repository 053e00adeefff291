"""Stage 5: fit the winner and prove that its ONNX form answers alike."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Model, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-tabular", install_kfp_package=False)
def train_model(
    selection: Input[Artifact],
    train: Input[Dataset],
    validation: Input[Dataset],
    task: dict,
    name: str,
    tolerance: dict,
    model: Output[Model],
    certificate: Output[Artifact],
) -> None:
    """Fit on all training rows, export with preprocessing inside the graph, measure parity on validation rows."""
    from pathlib import Path

    from slipway.data.dataset import Dataset as Tables
    from slipway.onnx.certificate import Tolerance
    from slipway.storage import write_whole
    from slipway.task import parse_task
    from slipway.training.fit import train as fit
    from slipway.training.selection import Selection

    winner = Selection.model_validate_json(Path(selection.path).read_text()).winner
    rows, held_out = (Tables.open(Path(part.path)).read() for part in (train, validation))
    trained = fit(winner, parse_task(task), rows, held_out, name=name, tolerance=Tolerance(**tolerance))
    write_whole(Path(model.path), trained.onnx)
    write_whole(Path(certificate.path), trained.certificate.model_dump_json(indent=2))
    model.metadata.update(framework="onnx", candidate=winner.candidate, parity=trained.certificate.passed)
