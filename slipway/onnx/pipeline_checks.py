"""What a scikit-learn pipeline must be so that its ONNX graph can answer the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from slipway.errors import ExportError
from slipway.onnx.blocks import blocks
from slipway.task import TaskKind, TaskSpec

_METHOD = {
    TaskKind.CLASSIFICATION: "predict_proba",
    TaskKind.REGRESSION: "predict",
    TaskKind.CLUSTERING: "transform",
}

# scikit-learn raises on "error", groups or warns on the others; a graph answers all the same, or fails.
_ANSWERS_UNKNOWN = ("ignore", "use_encoded_value")


def require_exportable(model: Any, task: TaskSpec, name: str) -> None:
    """Refuse what would convert to a graph that answers something else.

    Raises:
        ExportError: the model is no fitted pipeline on the task's columns, its estimator cannot
            answer new rows or has classes other than 0 and 1, or an encoder meets a category that
            is no string or treats an unknown one as a graph cannot.
    """
    failed = f"Cannot export '{name}' to ONNX"
    _require_pipeline(model, failed)
    _require_answers(model[-1], task, failed)
    _require_same_columns(model, task, failed)
    for encoder, columns in _encoders(model[0]):
        _require_encoder(encoder, columns, failed)


def _require_pipeline(model: Any, failed: str) -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    if not isinstance(model, Pipeline) or not isinstance(model[0], ColumnTransformer):
        raise ExportError(
            f"{failed}: the preprocessing is not part of the model",
            expected="a Pipeline whose first step is a ColumnTransformer",
            got=type(model).__name__,
            cure="Fit one Pipeline of the ColumnTransformer and the estimator.",
        )


def _require_answers(estimator: Any, task: TaskSpec, failed: str) -> None:
    method = _METHOD[task.kind]
    if not (hasattr(estimator, "predict") and hasattr(estimator, method)):
        raise ExportError(
            f"{failed}: {type(estimator).__name__} cannot answer new rows of a {task.kind} task",
            expected=f"an estimator with predict and {method}",
            cure="Choose another estimator.",
        )
    if task.kind is TaskKind.CLASSIFICATION and not _has_binary_classes(estimator):
        raise ExportError(
            f"{failed}: the classes of target '{task.target}' do not fit",
            expected="the integers 0 and 1",
            got=", ".join(repr(label) for label in estimator.classes_.tolist()),
            cure="Encode the target as 0 and 1 before training.",
        )


def _has_binary_classes(estimator: Any) -> bool:
    return bool(estimator.classes_.dtype.kind in "iu" and estimator.classes_.tolist() == [0, 1])


def _require_same_columns(model: Any, task: TaskSpec, failed: str) -> None:
    columns = list(getattr(model, "feature_names_in_", []))
    if set(columns) != set(task.features):
        raise ExportError(
            f"{failed}: the model was not fitted on the columns of the task",
            expected=", ".join(task.features),
            got=", ".join(str(column) for column in columns) or "no column names",
            cure="Fit on a DataFrame of the task's features.",
        )


def _encoders(step: Any, columns: Sequence[str] = ()) -> Iterator[tuple[Any, Sequence[str]]]:
    """Every fitted encoder of categories, with the columns that enter it."""
    if hasattr(step, "transformers_"):
        for block in blocks(step):
            yield from _encoders(block.step, block.columns)
    elif hasattr(step, "steps"):
        for _, inner in step.steps:
            yield from _encoders(inner, columns)
    elif hasattr(step, "categories_"):
        yield step, columns


def _require_encoder(encoder: Any, columns: Sequence[str], failed: str) -> None:
    for column, categories in zip(columns, encoder.categories_, strict=True):
        strangers = {type(value).__name__ for value in categories.tolist() if not isinstance(value, str)}
        if strangers:
            raise ExportError(
                f"{failed}: column '{column}' is {categories.dtype} "
                f"(holds {', '.join(sorted(strangers))}), expected string",
                cure='Cast it in the preprocessing step, "" where it is missing; a number needs no encoder.',
            )
    if encoder.handle_unknown not in _ANSWERS_UNKNOWN:
        raise ExportError(
            f"{failed}: {type(encoder).__name__} of {', '.join(columns)} does in a graph something else with an "
            "unknown category",
            expected=f"handle_unknown of {' or '.join(map(repr, _ANSWERS_UNKNOWN))}",
            got=repr(encoder.handle_unknown),
            cure="Set handle_unknown='ignore' (OneHotEncoder) or 'use_encoded_value' (OrdinalEncoder).",
        )
