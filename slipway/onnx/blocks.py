"""The blocks of a fitted ColumnTransformer: which columns go through which step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np


class Block(NamedTuple):
    """One entry of a ColumnTransformer: its fitted step and the names of the columns it takes."""

    name: str
    step: Any
    columns: tuple[str, ...]


def blocks(transformer: Any) -> Iterator[Block]:
    """Yield the blocks of a ColumnTransformer fitted on a DataFrame, however their columns were chosen."""
    for name, step, chosen in transformer.transformers_:
        yield Block(name, step, _names(chosen, transformer.feature_names_in_))


def _names(chosen: Any, columns: Any) -> tuple[str, ...]:
    if isinstance(chosen, slice):
        return tuple(str(name) for name in columns[chosen])
    picked = np.atleast_1d(np.asarray(chosen))
    names = picked if picked.dtype.kind in "UOT" or not len(picked) else columns[picked]
    return tuple(str(name) for name in names)
