"""Per-row losses: what the gate compares, one for each kind of task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from slipway.errors import GateError
from slipway.onnx.session import Tensor
from slipway.release.contender import Contender
from slipway.release.held_out import Floats, HeldOut
from slipway.release.silhouette import feature_space, silhouettes
from slipway.task import TaskKind

# scikit-learn's log_loss clips at the epsilon of the probabilities' dtype; Slipway's are FP32.
PROBABILITY_EPSILON = float(np.finfo(np.float32).eps)

Measure = Callable[[Floats, HeldOut], Floats]
TrivialAnswer = Callable[[HeldOut, "float | None"], Floats]


@dataclass(frozen=True)
class Loss:
    """A loss, and how to get it from a model.

    `measure` takes the answers `[rows, columns]` and gives `[rows]`; `trivial_answer` gives the
    answers of the best model that looks at no feature.
    """

    name: str
    output: str
    columns: int
    highest: float
    trivial_name: str
    trivial_answer: TrivialAnswer
    measure: Measure


LOSSES: dict[TaskKind, Loss] = {}


def loss(
    kind: TaskKind,
    *,
    output: str,
    columns: int = 1,
    highest: float = np.inf,
    trivial: tuple[str, TrivialAnswer],
) -> Callable[[Measure], Measure]:
    """Register a per-row loss under the function's name, over the model's `output`."""

    def register(measure: Measure) -> Measure:
        name = measure.__name__.replace("_", " ")
        LOSSES[kind] = Loss(name, output, columns, highest, *trivial, measure)
        return measure

    return register


def row_losses(contender: Contender, held_out: HeldOut) -> Floats:
    """Loss of the contender on each held-out row, `[rows]`.

    Raises:
        GateError: the model cannot answer, or answers NaN or what is no such answer; names it.
    """
    chosen = LOSSES[held_out.task.kind]
    answers = _table(contender, contender.answer(held_out.rows, chosen.output), chosen)
    return chosen.measure(answers, held_out)


def trivial_losses(held_out: HeldOut, training_mean: float | None) -> Floats:
    """Loss of the trivial model on each held-out row, `[rows]`."""
    chosen = LOSSES[held_out.task.kind]
    return chosen.measure(chosen.trivial_answer(held_out, training_mean), held_out)


def _constant(held_out: HeldOut, training_mean: float | None) -> float:
    """Return the target's mean, where both log loss and squared error are smallest.

    Without the training rows' mean it is that of the judged rows: no constant is harder to beat.
    """
    return float(np.mean(held_out.target)) if training_mean is None else training_mean


def _base_rate(held_out: HeldOut, training_mean: float | None) -> Floats:
    rate = _constant(held_out, training_mean)
    return np.tile([1 - rate, rate], (held_out.rows.num_rows, 1))


def _mean(held_out: HeldOut, training_mean: float | None) -> Floats:
    return np.full((held_out.rows.num_rows, 1), _constant(held_out, training_mean))


def _one_group(held_out: HeldOut, training_mean: float | None) -> Floats:  # noqa: ARG001
    return np.zeros((held_out.rows.num_rows, 1))


@loss(
    TaskKind.CLASSIFICATION,
    output="probabilities",
    columns=2,
    highest=1.0,
    trivial=("the base rate", _base_rate),
)
def log_loss(answers: Floats, held_out: HeldOut) -> Floats:
    """Negative log likelihood of the true class, nats; probabilities are clipped to FP32's epsilon."""
    chosen = np.where(held_out.target == 1, answers[:, 1], answers[:, 0])
    return np.asarray(-np.log(np.clip(chosen, PROBABILITY_EPSILON, 1.0)), dtype=np.float64)


@loss(TaskKind.REGRESSION, output="prediction", trivial=("the mean", _mean))
def squared_error(answers: Floats, held_out: HeldOut) -> Floats:
    """Squared error, squared units of the target."""
    return np.asarray((answers[:, 0] - held_out.target) ** 2, dtype=np.float64)


@loss(TaskKind.CLUSTERING, output="cluster", trivial=("one group", _one_group))
def one_minus_silhouette(answers: Floats, held_out: HeldOut) -> Floats:
    """Lack of fit of each row to its cluster, 0 to 2; 1 is what a single group gets.

    Computed from the judged rows alone, in one space for every model: see `silhouette.py`.
    """
    space = feature_space(held_out.rows, held_out.task)
    return 1.0 - silhouettes(space, answers[:, 0].astype(np.int64))


def _table(contender: Contender, answer: Tensor, chosen: Loss) -> Floats:
    answers = np.asarray(answer, dtype=np.float64).reshape(answer.shape[0], -1)
    if answers.shape[1] != chosen.columns:
        raise GateError(
            f"The {contender.name} gives a '{chosen.output}' of the wrong width",
            expected=f"{chosen.columns} columns",
            got=str(answers.shape[1]),
            cure="Export it with the outputs of its kind of task: see docs/bundle.md.",
        )
    _require_answers(contender, answers, chosen)
    return answers


def _require_answers(contender: Contender, answers: Floats, chosen: Loss) -> None:
    unknown = int(np.count_nonzero(~np.isfinite(answers).all(axis=1)))
    if unknown:
        raise GateError(
            f"The {contender.name} answers NaN or infinity on {unknown:,} of {len(answers):,} held-out rows",
            expected=f"a finite '{chosen.output}' for each row",
            cure="Find the rows: a missing value that the preprocessing does not fill is the usual cause.",
        )
    if chosen.highest < np.inf and (answers.min() < 0 or answers.max() > chosen.highest + PROBABILITY_EPSILON):
        raise GateError(
            f"The {contender.name} gives '{chosen.output}' that are none",
            expected=f"0 to {chosen.highest:g}",
            got=f"{answers.min():g} to {answers.max():g}",
            cure="Export probabilities, not raw scores.",
        )
