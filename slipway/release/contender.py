"""A bundle at the gate: whole, loaded, and answering the held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from slipway.bundle.bundle import OUTSIDE_MANIFEST, Bundle
from slipway.errors import BundleError, ExportError, GateError, InferenceError
from slipway.onnx.columns import tensors_from_table
from slipway.onnx.session import OnnxModel, Tensor

ROWS_AT_ONCE = 65_536

Role = Literal["challenger", "champion"]


def require_whole(role: Role, bundle: Bundle) -> None:
    """Verify every file of the bundle again: it may have changed since it was opened.

    Raises:
        GateError: a file is missing, unexpected or changed; names the bundle.
    """
    try:
        bundle.manifest.verify(bundle.path, leave_out=OUTSIDE_MANIFEST)
    except BundleError as error:
        raise GateError(
            f"The {role} {bundle.digest[:19]} is damaged: {error.failed}",
            cure=f"Fetch the {role} again from the registry, or build it again.",
        ) from error


@dataclass(frozen=True)
class Contender:
    """One side of the comparison."""

    role: Role
    bundle: Bundle
    model: OnnxModel

    @classmethod
    def load(cls, role: Role, bundle: Bundle) -> Contender:
        """Load the model on one thread.

        Raises:
            GateError: ONNX Runtime refuses it; names the bundle.
        """
        try:
            return cls(role, bundle, bundle.load_model(threads=1))
        except ExportError as error:
            raise GateError(
                f"The {role} {bundle.digest[:19]} cannot be loaded: {error.failed}",
                cure="Build it again with this version of Slipway and ONNX Runtime.",
            ) from error

    @property
    def name(self) -> str:
        """Role and digest, for messages."""
        return f"{self.role} {self.bundle.digest[:19]}"

    def answer(self, rows: pa.Table, output: str) -> Tensor:
        """Answer all rows: the tensor of one output, `[rows, ...]`.

        Raises:
            GateError: the model has no such output, or cannot answer these rows; names the bundle.
        """
        self._require_output(output)
        parts = [
            self._answer_some(rows.slice(start, ROWS_AT_ONCE), output)
            for start in range(0, rows.num_rows, ROWS_AT_ONCE)
        ]
        return np.concatenate(parts)

    def _answer_some(self, rows: pa.Table, output: str) -> Tensor:
        try:
            return self.model.run(tensors_from_table(rows, self.model.signature), (output,))[output]
        except InferenceError as error:
            raise GateError(
                f"The {self.name} cannot answer the held-out rows: {error.failed}",
                expected=error.expected,
                got=error.got,
                cure=error.cure,
            ) from error

    def _require_output(self, output: str) -> None:
        if output not in self.model.signature.output_names:
            raise GateError(
                f"The {self.name} gives no '{output}', which its loss is computed from",
                expected=output,
                got=", ".join(self.model.signature.output_names),
                cure="Export it with the outputs of its kind of task: see docs/bundle.md.",
            )
