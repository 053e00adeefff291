"""Amounts as Kubernetes writes them.

Source: Kubernetes, "Resource Management for Pods and Containers", "Resource units".
"""

from __future__ import annotations

import re

_SCALES = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    **{unit: 1000.0**power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}
_QUANTITY = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")


def amount(quantity: str | float) -> float:
    """Read a quantity: cores of CPU, bytes of memory, or a count.

    Raises:
        ValueError: it is none.
    """
    found = _QUANTITY.fullmatch(str(quantity))
    if found is None or found[2] not in _SCALES:
        raise ValueError(f"'{quantity}' is no quantity")
    return float(found[1]) * _SCALES[found[2]]
