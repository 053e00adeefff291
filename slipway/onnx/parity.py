"""Measures whether an ONNX model answers like the framework that trained it.

Two sets of rows are asked of both: held-out rows, as they come, and probes, rows built to sit
where a wrong conversion shows (`slipway.onnx.probes`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from slipway.errors import ParityError
from slipway.onnx.answers import framework_answers, onnx_answers
from slipway.onnx.certificate import ParityCertificate, Tolerance
from slipway.onnx.comparison import Difference, difference
from slipway.onnx.frame import require_columns
from slipway.onnx.probes import split_probes, unseen_probes
from slipway.onnx.runtime import ort
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind, TaskSpec

if TYPE_CHECKING:
    import pandas as pd

PROBE_ROWS = 4000
PROBE_SEED = 0

# One flipped split of one tree among hundreds moves a score by little, so probes are held to ten
# times the error of a float32 sum over some hundred trees instead of the tolerance of the release.
PROBE_TOLERANCE = 1e-5

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def measure_parity(
    model: Any,
    onnx: OnnxModel,
    held_out: pd.DataFrame,
    task: TaskSpec,
    *,
    tolerance: Tolerance | None = None,
    framework: str | None = None,
) -> ParityCertificate:
    """Compare the fitted model with its ONNX conversion on held-out rows and on probes.

    Args:
        model: the fitted model that was exported.
        onnx: the exported model, in ONNX Runtime.
        held_out: rows that the model was not fitted on, with the task's features: float32 and `str`.
        task: what the model answers.
        tolerance: of the held-out rows; the defaults of `Tolerance` when absent.
        framework: name and version for the certificate; read from the model when absent.

    Returns:
        The certificate, passed or not; `require_passed` raises.

    Raises:
        ParityError: there are no held-out rows, or the model's outputs are not those of the task.
        ExportError: a held-out column is absent or has another type than a served one.
    """
    _require_rows(held_out)
    require_columns(held_out, task, failed="Parity cannot be measured")
    limits = tolerance or Tolerance()
    strict = _strict(limits)
    measured = _measure(model, onnx, held_out, task)
    probed = _measure_probes(model, onnx, held_out, task)
    reasons = _reasons("held-out", measured, limits, task.kind)
    reasons += _reasons("probe", probed, strict, task.kind) if probed else []
    return ParityCertificate(
        framework=framework or framework_of(model),
        runtime=f"onnxruntime {ort.__version__}",
        tolerance=limits,
        held_out=measured.summary(limits, task.kind),
        probes=probed.summary(strict, task.kind) if probed else None,
        passed=not reasons,
        reasons=tuple(reasons),
    )


def _require_rows(held_out: pd.DataFrame) -> None:
    if not len(held_out):
        raise ParityError(
            "Parity cannot be measured: there are no held-out rows",
            expected="at least one row",
            got="none",
            cure="Hold out some; a few thousand show rare splits.",
        )


def framework_of(model: Any) -> str:
    """Name and version of the package that a model's estimator comes from, as in 'xgboost 3.2.0'."""
    estimator = model[-1] if hasattr(model, "steps") else model
    package = type(estimator).__module__.partition(".")[0]
    version = getattr(sys.modules.get(package), "__version__", "of unknown version")
    return f"{_DISTRIBUTIONS.get(package, package)} {version}"


def _strict(tolerance: Tolerance) -> Tolerance:
    return Tolerance(
        absolute=min(tolerance.absolute, PROBE_TOLERANCE),
        relative=min(tolerance.relative, PROBE_TOLERANCE),
        label_agreement=tolerance.label_agreement,
    )


def _measure(model: Any, onnx: OnnxModel, rows: pd.DataFrame, task: TaskSpec) -> Difference:
    return difference(framework_answers(model, rows, task), onnx_answers(onnx, rows, task), task.kind)


def _measure_probes(model: Any, onnx: OnnxModel, rows: pd.DataFrame, task: TaskSpec) -> Difference | None:
    import pandas as pd

    found = [split_probes(model, rows, task, limit=PROBE_ROWS, seed=PROBE_SEED), unseen_probes(rows, task)]
    frames = [frame for frame in found if frame is not None]
    return _measure(model, onnx, pd.concat(frames, ignore_index=True), task) if frames else None


def _reasons(where: str, measured: Difference, tolerance: Tolerance, kind: TaskKind) -> list[str]:
    rows, reasons = len(measured.absolute), []
    if strange := int((~measured.is_finite).sum()):
        reasons.append(f"{strange} of {rows} {where} rows have a score that is not a finite number or is missing")
    far = measured.beyond(tolerance, kind) & measured.is_finite
    if far.any():
        is_bounded = kind is TaskKind.CLASSIFICATION
        errors, unit = (measured.absolute, "absolute") if is_bounded else (measured.relative, "relative")
        limit = tolerance.absolute if is_bounded else tolerance.relative
        reasons.append(
            f"{far.sum()} of {rows} {where} rows differ by more than {limit:g} ({unit}), "
            f"by up to {errors[far].max():.3g}"
        )
    agreement = measured.agrees.mean()
    if agreement < tolerance.label_agreement:
        reasons.append(
            f"labels agree on {agreement:.2%} of {rows} {where} rows, less than {tolerance.label_agreement:.2%}"
        )
    return reasons
