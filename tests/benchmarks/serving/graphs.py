"""Neural networks as ONNX graphs: weights drawn from a fixed seed, shaped as in life, trained for nothing.

Speed does not depend on what a network has learned; the answers are compared all the same.
"""

from __future__ import annotations

from math import prod, sqrt

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_SEED = 7


class Graph:
    """A graph that grows node by node; every method returns the name of the value it made."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._random = np.random.default_rng(_SEED)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Add a node with one output."""
        name = output or f"value_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        """Add a constant."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weights(self, *shape: int) -> str:
        """Add FP32 weights whose spread keeps the size of what passes through them."""
        fan_in = prod(shape[1:]) if len(shape) == 4 else shape[0]
        return self.constant(self._random.normal(0, sqrt(1 / fan_in), shape).astype(np.float32))

    def zeros(self, size: int) -> str:
        """Add an FP32 vector of zeros."""
        return self.constant(np.zeros(size, np.float32))

    def dense(self, value: str, inputs: int, outputs: int, output: str = "") -> str:
        """Multiply by `[inputs, outputs]` weights and add a bias."""
        product = self.node("MatMul", value, self.weights(inputs, outputs))
        return self.node("Add", product, self.zeros(outputs), output=output)

    def normalised(self, value: str, size: int) -> str:
        """Normalise over the last dimension."""
        scale = self.constant(np.ones(size, np.float32))
        return self.node("LayerNormalization", value, scale, self.zeros(size), axis=-1)

    def model(self, entry: onnx.ValueInfoProto, exit_: onnx.ValueInfoProto) -> onnx.ModelProto:
        """Close the graph and have onnx check it."""
        graph = helper.make_graph(self._nodes, self._name, [entry], [exit_], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


def perceptron(inputs: int, hidden: int, outputs: int) -> onnx.ModelProto:
    """`features` [rows, inputs] → two hidden layers → `scores` [rows, outputs]."""
    graph = Graph("mlp")
    value = "features"
    for size in (inputs, hidden):
        product = graph.node("Gemm", value, graph.weights(size, hidden), graph.zeros(hidden))
        value = graph.node("Relu", product)
    graph.node("Gemm", value, graph.weights(hidden, outputs), graph.zeros(outputs), output="scores")
    return graph.model(_floats("features", inputs), _floats("scores", outputs))


def convolutions(size: int, channels: tuple[int, ...], outputs: int) -> onnx.ModelProto:
    """`image` [rows, 3, size, size] → two convolutions and a pooling for each of `channels` → `scores`."""
    graph = Graph("cnn")
    value, before = "image", 3
    for after in channels:
        for source in (before, after):
            weights = graph.weights(after, source, 3, 3)
            value = graph.node("Conv", value, weights, graph.zeros(after), pads=[1, 1, 1, 1])
            value = graph.node("Relu", value)
        value = graph.node("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
        before = after
    value = graph.node("Flatten", graph.node("GlobalAveragePool", value))
    graph.dense(value, before, outputs, output="scores")
    return graph.model(_floats("image", 3, size, size), _floats("scores", outputs))


def encoder(tokens: int, vocabulary: int, width: int, heads: int, layers: int) -> onnx.ModelProto:
    """`tokens` INT64 [rows, tokens] → embedding → pre-norm encoder layers → mean → `embedding` [rows, width]."""
    graph = Graph("transformer")
    table = graph.weights(vocabulary, width)
    value = graph.node("Add", graph.node("Gather", table, "tokens"), graph.weights(tokens, width))
    for _ in range(layers):
        mixed = _attention(graph, graph.normalised(value, width), tokens, width, heads)
        value = graph.node("Add", value, mixed)
        wide = graph.node("Relu", graph.dense(graph.normalised(value, width), width, 4 * width))
        value = graph.node("Add", value, graph.dense(wide, 4 * width, width))
    graph.node("ReduceMean", graph.normalised(value, width), output="embedding", axes=[1], keepdims=0)
    entry = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["rows", tokens])
    return graph.model(entry, _floats("embedding", width))


def _attention(graph: Graph, value: str, tokens: int, width: int, heads: int) -> str:
    # Vaswani et al., "Attention Is All You Need" (2017), section 3.2.
    split = graph.constant(np.array([0, tokens, heads, width // heads], np.int64))
    joined = graph.constant(np.array([0, tokens, width], np.int64))

    def projected(order: list[int]) -> str:
        flat = graph.dense(value, width, width)
        return graph.node("Transpose", graph.node("Reshape", flat, split), perm=order)

    scores = graph.node("MatMul", projected([0, 2, 1, 3]), projected([0, 2, 3, 1]))
    scale = graph.constant(np.array(1 / sqrt(width // heads), np.float32))
    shares = graph.node("Softmax", graph.node("Mul", scores, scale), axis=-1)
    mixed = graph.node("MatMul", shares, projected([0, 2, 1, 3]))
    flat = graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), joined)
    return graph.dense(flat, width, width)


def _floats(name: str, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", *shape])
