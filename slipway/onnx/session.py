"""One ONNX model in ONNX Runtime, with the settings that Slipway runs everywhere.

Training, the gate and the server all answer through this module, so a parity measured here is
the parity of what serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slipway.errors import ExportError, InferenceError
from slipway.onnx.bfloat16 import widened
from slipway.onnx.runtime import ort
from slipway.onnx.signature import DYNAMIC, Datatype, ModelSignature, TensorSpec, tensor_spec

Tensor = NDArray[np.generic]


def session_options(threads: int) -> ort.SessionOptions:
    """Options of every session: a fixed thread count and no spinning between requests."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised: clients could fill the log
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


class OnnxModel:
    """A loaded model: its signature and its answers."""

    def __init__(self, session: ort.InferenceSession, signature: ModelSignature) -> None:
        self.session = session
        self.signature = signature

    @classmethod
    def open(cls, model: Path | bytes, *, threads: int = 1, custom_ops: Sequence[Path] = ()) -> OnnxModel:
        """Load a model from a file or from its bytes, on the CPU.

        `custom_ops` are libraries of operators, whose code runs in this process.

        Raises:
            ExportError: ONNX Runtime refuses the model or a library.
        """
        options = session_options(threads)
        name = model.name if isinstance(model, Path) else "the model"
        try:
            for library in custom_ops:
                options.register_custom_ops_library(str(library))
            session = _session(model, options)
            signature = _signature(session)
            if any(spec.datatype is Datatype.BF16 for spec in (*signature.inputs, *signature.outputs)):
                session = _widened_session(model, options)
        except ExportError:
            raise
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise ExportError(
                f"ONNX Runtime cannot load {name}: {error}",
                cure="Check that the file is a complete ONNX model and its opset is supported.",
            ) from error
        return cls(session, signature)

    def run(self, inputs: Mapping[str, Tensor], outputs: tuple[str, ...] = ()) -> dict[str, Tensor]:
        """Answer one batch.

        Args:
            inputs: one array for each input, of the signature's dtype and rank; a free first
                dimension is the rows, the same number in all.
            outputs: names of the outputs wanted; empty means all.

        Raises:
            InferenceError: an input is missing, unknown, of another dtype, rank or number of rows,
                or the model itself refuses the values.
        """
        self._check(inputs)
        names = outputs or self.signature.output_names
        try:
            answers = self.session.run(list(names), dict(inputs))
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise InferenceError(
                f"The model cannot answer these values: {error}",
                cure="Compare shapes and values with the input example of the bundle.",
            ) from error
        return dict(zip(names, answers, strict=True))

    def _check(self, inputs: Mapping[str, Tensor]) -> None:
        expected = set(self.signature.input_names)
        missing, unknown = sorted(expected - set(inputs)), sorted(set(inputs) - expected)
        if missing or unknown:
            raise InferenceError(
                "The inputs do not fit the model",
                expected=", ".join(self.signature.input_names),
                got=f"missing {missing or 'none'}, unknown {unknown or 'none'}",
                cure="Send exactly the inputs of the model's signature.",
            )
        for spec in self.signature.inputs:
            _check_tensor(spec, inputs[spec.name])
        _check_rows(self.signature, inputs)


def _session(model: Path | bytes, options: ort.SessionOptions) -> ort.InferenceSession:
    source = str(model) if isinstance(model, Path) else model
    return ort.InferenceSession(source, sess_options=options, providers=["CPUExecutionProvider"])


def _widened_session(model: Path | bytes, options: ort.SessionOptions) -> ort.InferenceSession:
    if isinstance(model, Path):  # from bytes it would look for external data in the working directory
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(model.parent))
    return _session(widened(model), options)


def _signature(session: ort.InferenceSession) -> ModelSignature:
    return ModelSignature(
        inputs=tuple(tensor_spec(node.name, node.type, node.shape) for node in session.get_inputs()),
        outputs=tuple(tensor_spec(node.name, node.type, node.shape) for node in session.get_outputs()),
    )


def _check_tensor(spec: TensorSpec, tensor: Tensor) -> None:
    fits = len(tensor.shape) == len(spec.shape) and all(
        wanted in (-1, size) for wanted, size in zip(spec.shape, tensor.shape, strict=True)
    )
    if not fits or tensor.dtype != spec.datatype.numpy:
        raise InferenceError(
            f"Input '{spec.name}' does not fit the model",
            expected=f"{spec.datatype} of shape {list(spec.shape)}",
            got=f"{tensor.dtype} of shape {list(tensor.shape)}",
            cure="Convert the values; -1 in a shape is any size.",
        )


def _check_rows(signature: ModelSignature, inputs: Mapping[str, Tensor]) -> None:
    # ONNX operators would repeat a single row to fit the others, and so answer a wrong request.
    batched = [spec.name for spec in signature.inputs if spec.shape[:1] == (DYNAMIC,)]
    rows = {name: inputs[name].shape[0] for name in batched}
    if len(set(rows.values())) > 1:
        raise InferenceError(
            "The inputs differ in their number of rows",
            expected="the same first dimension for all",
            got=", ".join(f"{name}: {count}" for name, count in rows.items()),
            cure="Send one value of each input for each row.",
        )
