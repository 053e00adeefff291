"""A model in ONNX Runtime and what was found out about it before it serves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from serving.inference.cost import MANY_ROWS, RunCost, measure_cost
from serving.inference.engine_source import EngineSource
from serving.inference.independence import Run, rows_are_independent
from serving.inference.probe import differing_rows, made_inputs, rows_of
from serving.inference.runner import Runner
from slipway.errors import InferenceError
from slipway.onnx.session import OnnxModel, Tensor

logger = logging.getLogger(__name__)

_UNKNOWN_COST = RunCost(0.0, 1.0)  # a model that takes no made-up rows is treated as a heavy one


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """When requests are joined, refused, or moved off the event loop."""

    most_waiting: int = 1024
    most_waiting_bytes: int = 256 << 20  # of tensors that wait for a worker: many requests may be long ones
    most_rows: int = 64  # of one joined run
    inline_seconds: float = 0.0005  # a single row's run that may stay on the loop
    joined_seconds: float = 0.004  # a joined run's bound: what arrives meanwhile waits for it
    tells_runs: bool = False  # every reply hears of its run, for logs and traces


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model and what its runs cost.

    `joins` says that its rows are independent, so that requests may share a run. `row_values` counts
    the values of the row that was measured, where shapes vary and rows alone do not tell a run's size; else 0.
    """

    runner: Runner
    cost: RunCost
    joins: bool
    row_values: int = 0


def open_engine(source: EngineSource, *, threads: int, cores: int, policy: QueuePolicy) -> Engine:
    """Load a model and measure it.

    Args:
        source: the model's file and its example.
        threads: that work on one run.
        cores: that a heavy request which is alone may use.
        policy: says which model is heavy.

    Raises:
        ExportError: ONNX Runtime refuses the model.
    """
    model = _open(source, threads)
    rows = _probe(source, model)
    if rows is None:
        return Engine(Runner(model), _UNKNOWN_COST, joins=False)
    run = partial(_run_all, model)
    joins = source.plan.rows_free and policy.most_rows > 1 and _joins(source, run, rows)
    one = rows_of(rows, 1) if joins else rows
    cost = measure_cost(partial(run, one), partial(run, rows_of(rows, MANY_ROWS)) if joins else None)
    heavy = cost.seconds(1) > policy.inline_seconds
    wide = _open(source, cores) if heavy and cores > threads else None
    row_values = sum(values.size for values in one.values()) if source.plan.shapes_vary else 0
    return Engine(Runner(model, wide), cost, joins, row_values)


def _probe(source: EngineSource, model: OnnxModel) -> dict[str, Tensor] | None:
    inputs = source.example or made_inputs(source.plan, 3)
    try:
        _run_all(model, inputs)
    except InferenceError as error:
        logger.warning("%s was not measured: its requests run one by one (%s)", source.path, error)
        return None
    return inputs


def _joins(source: EngineSource, run: Run, rows: dict[str, Tensor]) -> bool:
    joins = rows_are_independent(run, differing_rows(source.plan, rows, 3))
    if not joins:
        logger.info("%s does not answer each row by itself: its requests run one by one", source.path)
    return joins


def _run_all(model: OnnxModel, inputs: dict[str, Tensor]) -> Sequence[Tensor]:
    return list(model.run(inputs).values())


def _open(source: EngineSource, threads: int) -> OnnxModel:
    return OnnxModel.open(source.path, threads=threads, custom_ops=source.custom_op_libraries)
