"""The models that the benchmark serves, and the rows that it asks them about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx

from slipway.onnx.session import Tensor
from tests.benchmarks.serving import graphs, trees

# Each request over HTTP asks about the next row of so many. Where they soon come again, a processor's branch
# predictor has learned their ways through the trees, as some do with 64 rows: no real traffic is like that.
_ROWS = 64
_ROWS_OF_TREES = 2048

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class BenchmarkModel:
    """A model and how it is asked: about `asked` rows in turn; `threads` run it at once, `connections` wait."""

    name: str
    about: str
    build: Callable[[], onnx.ModelProto]
    rows: Callable[[int], Tensors]
    connections: int = 32
    threads: int = 1
    asked: int = _ROWS


def _tab_rows(count: int) -> Tensors:
    return {"features": trees.wide_rows(count, 28)}


def _column_rows(count: int) -> Tensors:
    rows = trees.column_rows(count)
    return {str(name): np.ascontiguousarray(rows[name]).reshape(-1, 1) for name in rows}


def _mlp_rows(count: int) -> Tensors:
    return {"features": np.random.default_rng(1).normal(size=(count, 64)).astype(np.float32)}


def _images(count: int) -> Tensors:
    pixels = np.random.default_rng(2).integers(0, 256, (count, 3, 32, 32))
    return {"image": (pixels / 255).astype(np.float32)}


def _texts(count: int) -> Tensors:
    return {"tokens": np.random.default_rng(3).integers(0, 8000, (count, 128))}


MODELS = {
    model.name: model
    for model in (
        BenchmarkModel(
            "tab",
            "XGBoost as Slipway exports it, 100 trees of depth 8, one input [N, 28] FP32, label and probabilities",
            lambda: trees.wide_trees(28),
            _tab_rows,
            asked=_ROWS_OF_TREES,
        ),
        BenchmarkModel(
            "columns",
            "XGBoost as Slipway exports it, 100 trees of depth 8, 13 FP32 and 4 BYTES inputs [N, 1]",
            trees.column_trees,
            _column_rows,
            asked=_ROWS_OF_TREES,
        ),
        BenchmarkModel(
            "mlp",
            "64 → 768 → 768 → 10, ReLU, 0.6 million parameters, FP32",
            lambda: graphs.perceptron(64, 768, 10),
            _mlp_rows,
        ),
        BenchmarkModel(
            "cnn",
            "six convolutions, 3 by 3, of 64, 128 and 256 channels on [N, 3, 32, 32] FP32, 1.1 million parameters",
            lambda: graphs.convolutions(32, (64, 128, 256), 10),
            _images,
            connections=8,
            threads=2,
        ),
        BenchmarkModel(
            "transformer",
            "encoder of 4 layers, width 256, 4 heads, on 128 tokens INT64, mean embedding, 5.2 million parameters",
            lambda: graphs.encoder(128, 8000, 256, 4, 4),
            _texts,
            connections=8,
            threads=2,
        ),
    )
}
