"""scikit-learn pipelines (XGBoost's estimators at their end included) to ONNX, with skl2onnx.

skl2onnx 1.20 converts some estimators almost right; these get converters of Slipway's own, for
this conversion only, so that a plain `skl2onnx.convert_sklearn` in the same process stays plain:

- random forests and boosted trees: float64 thresholds rounded the wrong way, ties of a vote broken
  at random, native categories and missing values lost (`forest_graph`);
- k-means: distances that cancel, not a number at a centre (`clusters_graph`);
- scalers: a multiplication by 1/scale instead of the division, which moves a value across the
  float32 threshold of a tree behind the scaler.
"""

from __future__ import annotations

import logging
from typing import Any

import onnx

from slipway.errors import ExportError
from slipway.onnx.clusters_graph import convert_kmeans
from slipway.onnx.exporters import exporter
from slipway.onnx.forest_graph import convert_forest_classifier, convert_forest_regressor
from slipway.onnx.forests import reader_for
from slipway.onnx.pipeline_checks import require_exportable
from slipway.task import TaskKind, TaskSpec

logger = logging.getLogger(__name__)

# Operators that older ONNX Runtimes also know; a file declares the lowest versions that it needs.
TARGET_OPSET = {"": 18, "ai.onnx.ml": 3}
_KMEANS = ("KMeans", "MiniBatchKMeans")
_SCALERS = ("StandardScaler", "RobustScaler", "MaxAbsScaler")


def _is_estimator(model: object) -> bool:
    bases = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    return "sklearn" in bases


@exporter("scikit-learn", handles=_is_estimator)
def convert_pipeline(model: Any, task: TaskSpec, name: str) -> onnx.ModelProto:
    """Convert a fitted `Pipeline` of a `ColumnTransformer` and an estimator.

    Raises:
        ExportError: the pipeline cannot be exported faithfully; names the step or column.
    """
    require_exportable(model, task, name)
    try:
        return _convert(model, task, name)
    except ExportError as error:
        raise ExportError(
            f"Cannot export '{name}' to ONNX: {error.failed}",
            expected=error.expected,
            got=error.got,
            cure=error.cure,
        ) from error
    except Exception as error:  # skl2onnx raises a dozen types that share no base but Exception
        raise ExportError(
            f"Cannot export '{name}' to ONNX: {_first_line(error)}",
            expected=f"steps that skl2onnx converts, in {_step_names(model)}",
            cure="Replace the step, or do its work on the data before training.",
        ) from error


def _convert(model: Any, task: TaskSpec, name: str) -> onnx.ModelProto:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    inputs = [(column, FloatTensorType([None, 1])) for column in task.numeric]
    inputs += [(column, StringTensorType([None, 1])) for column in task.categorical]
    converters, shapes = _own_converters(model[-1], task)
    return convert_sklearn(
        model,
        name=name,
        initial_types=inputs,
        target_opset=TARGET_OPSET,
        options=_options(model),
        custom_conversion_functions=converters,
        custom_shape_calculators=shapes,
    )


def _own_converters(estimator: Any, task: TaskSpec) -> tuple[dict[type, Any], dict[type, Any]]:
    """skl2onnx's custom converters and custom shape calculators."""
    kind = type(estimator)
    if kind.__name__ in _KMEANS:
        return {kind: convert_kmeans}, {}
    if reader_for(estimator) is None:
        return {}, {}
    if task.kind is TaskKind.CLASSIFICATION:
        return {kind: convert_forest_classifier}, {kind: _classifier_shapes}
    return {kind: convert_forest_regressor}, {kind: _regressor_shapes}


def _classifier_shapes(operator: Any) -> None:
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

    label, probabilities = operator.outputs
    label.type, probabilities.type = Int64TensorType([None]), FloatTensorType([None, 2])


def _regressor_shapes(operator: Any) -> None:
    from skl2onnx.common.data_types import FloatTensorType

    operator.outputs[0].type = FloatTensorType([None, 1])


def _options(model: Any) -> dict[int, dict[str, Any]]:
    """Ask for true division in the scalers, and for plain tensors instead of maps."""
    options: dict[int, dict[str, Any]] = {id(step): {"div": "div"} for step in _scalers(model)}
    estimator = model[-1]
    if hasattr(
        estimator, "classes_"
    ):  # an entry keeps skl2onnx from adding a ZipMap; only its own know the option
        options[id(estimator)] = {"zipmap": False} if type(estimator).__module__.startswith("sklearn.") else {}
    return options


def _scalers(step: Any) -> list[Any]:
    if type(step).__name__ in _SCALERS:
        return [step]
    if hasattr(step, "transformers_"):
        return [scaler for _, inner, _ in step.transformers_ for scaler in _scalers(inner)]
    return [scaler for _, inner in getattr(step, "steps", []) for scaler in _scalers(inner)]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _step_names(model: Any) -> str:
    return ", ".join(type(step).__name__ for _, step in model.steps)
