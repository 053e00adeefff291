"""The checks of `slipway doctor --cluster`: one small function each, registered by decorator."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from slipway.cli.doctor_checks import Check, Finding, fail, warn
from slipway.errors import ClusterError, ClusterUnreachableError, SlipwayError

if TYPE_CHECKING:
    from slipway.deployment.site import Site

ClusterCheck = Callable[["Site"], Finding]
_CHECKS: dict[str, ClusterCheck] = {}
_MODULES = ("cluster_api_checks", "cluster_part_checks", "cluster_room_checks")
CONNECTION = "connection"


def cluster_check(name: str) -> Callable[[ClusterCheck], ClusterCheck]:
    """Register a check under the name that the table shows."""

    def register(function: ClusterCheck) -> ClusterCheck:
        _CHECKS[name] = function
        return function

    return register


def cluster_checks() -> dict[str, ClusterCheck]:
    """List every check by its name, in the order of registration."""
    for module in _MODULES:  # importing one registers its checks
        importlib.import_module(f"slipway.cli.{module}")
    return dict(_CHECKS)


def run_cluster_checks(open_site: Callable[[], Site]) -> list[Check]:
    """Run every check; where the cluster cannot be asked, that is the one finding."""
    try:
        site = open_site()
        found = [_run(name, function, site) for name, function in cluster_checks().items()]
    except ClusterError as error:
        return [Check(name=CONNECTION, **fail(_said(error), error.cure).model_dump())]
    return found


def _run(name: str, function: ClusterCheck, site: Site) -> Check:
    try:
        found = function(site)
    except SlipwayError as error:
        if name == CONNECTION:
            raise
        # Who may not look may still deploy.
        is_refused = isinstance(error, ClusterError) and not isinstance(error, ClusterUnreachableError)
        found = (warn if is_refused else fail)(_said(error), error.cure)
    except Exception as error:  # a broken check is a finding too
        found = fail(
            f"the check broke: {type(error).__name__}: {error}", "Report this with your cluster's version."
        )
    return Check(name=name, **found.model_dump())


def _said(error: SlipwayError) -> str:
    facts = [f"expected {error.expected}"] if error.expected else []
    facts += [f"got {error.got}"] if error.got else []
    return f"{error.failed}: {', '.join(facts)}" if facts else error.failed
