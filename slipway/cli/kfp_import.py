"""Importing KFP without the client for its server.

`import kfp` (2.17) imports `kfp.client` and with it the whole Kubernetes client: eight times the
time of what compiling and running need, once for the command line and again for every step. KFP
leaves the client out when `_KFP_RUNTIME` is set, as it does inside its own containers, but then
leaves `dsl.component` out too; so the variable is set for the package's first import alone.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

_SWITCH = "_KFP_RUNTIME"


def import_kfp() -> Any:
    """Import and return `kfp`, or return it as it is; what was left out is imported when asked for."""
    if "kfp" not in sys.modules:
        before = os.environ.get(_SWITCH)
        os.environ[_SWITCH] = "true"
        try:
            import kfp
        finally:
            del os.environ[_SWITCH]
            if before is not None:
                os.environ[_SWITCH] = before
        kfp.__dict__["__getattr__"] = _left_out
    return sys.modules["kfp"]


def _left_out(name: str) -> Any:
    """Answer for the three names that `import kfp` binds and the switch leaves out (PEP 562)."""
    if name == "Client":
        return importlib.import_module("kfp.client").Client
    if name in {"components", "dsl"}:
        return importlib.import_module(f"kfp.{name}")
    raise AttributeError(f"module 'kfp' has no attribute '{name}'")
