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
    # The onnx package: 20 MB that most models do not need.
    from slipway.onnx.graphs import every_tensor, external_file, external_places, load_file

    places = external_places(every_tensor(load_file(model)))
    return tuple(external_file(model, place) for place in places)


def _may_have_any(model: Path) -> bool:
    # The key stands in the file in clear; a search at the speed of memory rules it out.
    if not model.stat().st_size:
        return False
    with model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"location") >= 0
