"""ONNX Runtime behind the queue: one session for joined runs, and a wide one for a lone heavy request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from slipway.errors import InferenceError
from slipway.onnx.session import OnnxModel, Tensor


class RunModel(Protocol):
    """What `Runner.run` is to those who call it."""

    def __call__(
        self, names: tuple[str, ...], inputs: dict[str, Tensor], *, alone: bool = False
    ) -> Sequence[Tensor]:
        """Answer one batch."""


class Runner:
    """Runs a model; `run` may be called from several threads at once."""

    def __init__(self, model: OnnxModel, wide: OnnxModel | None = None) -> None:
        self._narrow = model.session.run
        self._wide = wide.session.run if wide else self._narrow

    def run(self, names: tuple[str, ...], inputs: dict[str, Tensor], *, alone: bool = False) -> Sequence[Tensor]:
        """Answer one batch of checked inputs; `alone` uses every core for it.

        Raises:
            InferenceError: the model refuses the values.
        """
        run = self._wide if alone else self._narrow
        try:
            answers: Sequence[Any] = run(names, inputs)
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise InferenceError(
                f"The model cannot answer these values: {error}",
                cure="Compare shapes and values with the model's metadata and its input example.",
            ) from error
        return answers
