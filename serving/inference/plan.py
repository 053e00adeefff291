"""A model's signature made ready for checking requests, once for all transports.

Every transport reads a tensor's name, datatype and shape before its values, so the checks stand
here in that order: `ModelPlan.input`, `InputPlan.check_datatype`, `InputPlan.check_shape`, then
`ModelPlan.request` for what only the whole request shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, prod
from reprlib import Repr
from typing import Any

from serving.inference.packing import Packing
from serving.inference.request import InferRequest, Reply
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor
from slipway.onnx.signature import DYNAMIC, ModelSignature, TensorSpec

MOST_VALUES = 1 << 26  # of one tensor: 256 MiB as FP32
_SHOWN_CHARACTERS = 80
_BRIEF = Repr()  # what a client sent may be longer than a message, or nested more deeply than `repr` goes
_BRIEF.maxlist = 8
_METADATA = "Compare with the model's metadata; -1 there is any size."


class InputPlan:
    """What one input must look like."""

    __slots__ = ("_seen", "datatype", "dtype", "itemsize", "name", "rows_free", "shape", "spec")

    def __init__(self, spec: TensorSpec) -> None:
        self.spec = spec
        self.name = spec.name
        self.datatype = str(spec.datatype)
        self.dtype = spec.datatype.numpy
        self.itemsize = self.dtype.itemsize
        self.shape = spec.shape
        self.rows_free = spec.shape[:1] == (DYNAMIC,)
        self._seen: dict[tuple[int, ...], int] = {}

    def check_datatype(self, datatype: object) -> None:
        """Raise InferenceError unless it is the model's: nothing is converted silently."""
        if datatype != self.datatype:
            raise self.misfit(f"datatype {self.datatype}", _shown(datatype))

    def check_shape(self, shape: Sequence[Any]) -> int:
        """Return how many values a tensor of `shape` has.

        Raises:
            InferenceError: it is no shape, has no values or too many, or is not the model's.
        """
        key = tuple(shape)
        for size in key:
            if type(size) is not int:  # True and 1.0 equal 1, and so would be found below
                raise self.misfit("a shape of whole numbers", _shown(list(key)))
        count = self._seen.get(key)
        if count is None:
            count = self._count(key)
            if len(self._seen) < 64:  # rows vary; memory does not
                self._seen[key] = count
        return count

    def misfit(self, expected: str, got: str) -> InferenceError:
        """Make the error of a tensor that does not fit this input."""
        return InferenceError(
            f"Input '{self.name}' does not fit the model", expected=expected, got=got, cure=_METADATA
        )

    def _count(self, shape: tuple[int, ...]) -> int:
        fits = len(shape) == len(self.shape) and all(
            wanted in (DYNAMIC, size) for wanted, size in zip(self.shape, shape, strict=True)
        )
        if not fits:
            raise self.misfit(f"{self.datatype} of shape {list(self.shape)}", f"shape {_shown(list(shape))}")
        if min(shape, default=1) < 1:
            raise self.misfit("at least one value", f"shape {_shown(list(shape))}")
        if max(shape, default=1) > MOST_VALUES or prod(shape) > MOST_VALUES:
            raise self.misfit(f"at most {MOST_VALUES} values", f"shape {_shown(list(shape))}")
        return prod(shape)


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """Every input by name, and the outputs; `rows_free` says that the first dimension of all is the rows."""

    signature: ModelSignature
    inputs: dict[str, InputPlan]
    outputs: dict[str, TensorSpec]
    output_names: tuple[str, ...]
    rows_free: bool
    shapes_vary: bool

    @classmethod
    def of(cls, signature: ModelSignature) -> ModelPlan:
        """Prepare a signature."""
        specs = (*signature.inputs, *signature.outputs)
        return cls(
            signature=signature,
            inputs={spec.name: InputPlan(spec) for spec in signature.inputs},
            outputs={spec.name: spec for spec in signature.outputs},
            output_names=signature.output_names,
            rows_free=all(spec.shape[:1] == (DYNAMIC,) for spec in specs),
            shapes_vary=any(DYNAMIC in spec.shape[1:] for spec in signature.inputs),
        )

    def input(self, name: object) -> InputPlan:
        """Return the plan of the input of that name.

        Raises:
            InferenceError: the model has no such input.
        """
        plan = self.inputs.get(name) if isinstance(name, str) else None
        if plan is None:
            raise self._unfit_inputs(f"unknown {_shown(name)}")
        return plan

    def request(
        self,
        inputs: dict[str, Tensor],
        outputs: tuple[str, ...],
        reply: Reply,
        arrived: float,
        deadline: float = inf,
    ) -> InferRequest:
        """Make a request of tensors that each passed its input's checks; no `outputs` means all.

        Raises:
            InferenceError: an input is missing, the inputs differ in their number of rows, or an
                output is not the model's.
        """
        return InferRequest(inputs, *self._fit(inputs, outputs), reply, arrived, deadline)

    def packing(self, inputs: dict[str, Tensor], outputs: tuple[str, ...]) -> Packing | None:
        """Return how requests with such inputs and outputs are packed; None where they do not fit."""
        try:
            outputs, rows, group = self._fit(inputs, outputs)
        except InferenceError:
            return None
        packed = {name: (spec.dtype, inputs[name].shape) for name, spec in self.inputs.items()}
        return Packing(packed, outputs, rows, group)

    def _fit(self, inputs: dict[str, Tensor], outputs: tuple[str, ...]) -> tuple[tuple[str, ...], int, object]:
        if len(inputs) != len(self.inputs):
            raise self._unfit_inputs(f"missing {', '.join(name for name in self.inputs if name not in inputs)}")
        if not outputs or outputs == self.output_names:
            outputs = self.output_names  # the same object for all: groups are compared by identity first
        else:
            self._check_outputs(outputs)
        rows = self._rows(inputs)
        group = (outputs, *(inputs[name].shape[1:] for name in self.inputs)) if self.shapes_vary else outputs
        return outputs, rows, group

    def _rows(self, inputs: dict[str, Tensor]) -> int:
        # ONNX operators would repeat a single row to fit the others, and so answer a wrong request.
        rows = 0
        for name, tensor in inputs.items():
            if not self.inputs[name].rows_free:
                continue
            count = tensor.shape[0]
            if rows and count != rows:
                raise InferenceError(
                    "The inputs differ in their number of rows",
                    expected="the same first dimension for all",
                    got=", ".join(
                        f"{each}: {values.shape[0]}"
                        for each, values in inputs.items()
                        if self.inputs[each].rows_free
                    ),
                    cure="Send one value of each input for each row.",
                )
            rows = count
        return rows or 1

    def _check_outputs(self, names: tuple[str, ...]) -> None:
        unknown = [name for name in names if name not in self.outputs]
        if unknown or len(set(names)) != len(names):
            raise InferenceError(
                "The requested outputs are not the model's",
                expected=f"each at most once of {', '.join(self.output_names)}",
                got=_shown(list(names)),
                cure="Ask for outputs of the model's metadata, or for none to get all.",
            )

    def _unfit_inputs(self, got: str) -> InferenceError:
        return InferenceError(
            "The inputs do not fit the model",
            expected=", ".join(self.inputs),
            got=got,
            cure="Send exactly the inputs of the model's metadata.",
        )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= _SHOWN_CHARACTERS else f"'{value[:_SHOWN_CHARACTERS]}…'"
    return _BRIEF.repr(value)
