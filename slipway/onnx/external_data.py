"""Tensors that a model keeps in files beside it.

Source: ONNX, "External Data": a tensor names its file under the key `location`.
"""

from __future__ import annotations

import mmap
from pathlib import Path


def external_files(model: Path) -> tuple[Path, ...]:
    """Return the files beside `model` that hold its tensors.

    Raises:
        ExportError: the file is no ONNX model, or one of them is missing or lies outside the
            model's folder, be it by a link.
    """
    if not _may_have_any(model):
        return ()
    from slipway.onnx.inspect import inspect_model  # the onnx package: 20 MB that most models do not need

    folder = model.resolve().parent
    return tuple((folder / place).resolve() for place in inspect_model(model).external_data)


def _may_have_any(model: Path) -> bool:
    # The key stands in the file in clear; a search at the speed of memory rules it out.
    if not model.stat().st_size:
        return False
    with model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"location") >= 0
