"""One deployment: apply, wait, ask, and keep it or go back to what was before.

Helm keeps the revisions, so going back brings all objects back, those that a new chart dropped too. The
rolling update of Kubernetes keeps the old pods until new ones are ready, and the server is ready only
after it has answered the bundle's example itself: what does not start never takes traffic.
"""

from __future__ import annotations

from dataclasses import dataclass

from slipway.deployment.example import require_recorded_answers
from slipway.deployment.facts import Facts, facts_of
from slipway.deployment.readiness import wait_until_ready
from slipway.deployment.site import Site
from slipway.deployment.stages import Say, Stages
from slipway.deployment.wanted import Wanted
from slipway.endpoint.client import Endpoint
from slipway.errors import AnswerMismatchError, DeployError, SlipwayError

BACK_SECONDS = 120.0


@dataclass(frozen=True)
class Before:
    """What served before: a revision that Helm keeps, and the bundle it stands for if it says so."""

    revision: int
    facts: Facts | None


def deploy(wanted: Wanted, site: Site, timeout_seconds: float, say: Say) -> str:
    """Make an endpoint serve a version, and give its URL.

    Args:
        wanted: the version.
        site: the environment.
        timeout_seconds: bound of the wait for its pods.
        say: is told each stage, and why one takes long.

    Raises:
        AnswerMismatchError: it answers otherwise than the bundle recorded.
        DeployError: it cannot be made, or is not ready in time.
            In both cases what was before is back, and the message says so.
        ClusterError: the cluster or Helm cannot be asked; nothing was changed.
    """
    site.require_namespace()
    before = _before(site, wanted.endpoint)
    stages = Stages(3, say)
    try:
        with stages.stage(f"apply {site.chart.name}"):
            _apply(wanted, site)
        with stages.stage("wait until ready"):
            url = wait_until_ready(site, wanted.endpoint, wanted.facts, timeout_seconds, stages.note)
        with stages.stage("ask for the recorded example"):
            require_recorded_answers(Endpoint(url, wanted.facts.model, site.environment.gateway), wanted)
    except SlipwayError as error:
        raise _failed(error, wanted, _take_back(before, wanted.endpoint, site, say)) from error
    except BaseException:  # Ctrl-C: a half-made endpoint serves nobody
        say(_take_back(before, wanted.endpoint, site, say))
        raise
    return url


def _apply(wanted: Wanted, site: Site) -> None:
    with site.values_files(wanted.endpoint, wanted.values) as values:
        site.helm.upgrade(wanted.endpoint, site.chart, values, str(wanted.facts))


def _before(site: Site, endpoint: str) -> Before | None:
    revision = site.helm.deployed_revision(endpoint)
    if revision is None:
        return None
    service = site.inference_service(endpoint)
    return Before(revision, facts_of(service) if service else None)


def _take_back(before: Before | None, endpoint: str, site: Site, say: Say) -> str:
    """Undo what was begun, and say in words how it ended."""
    try:
        if before is None:
            say(f"Removing '{endpoint}': nothing served before.")
            site.helm.uninstall(endpoint)
            return "Nothing served before, and what was made is removed."
        back = Stages(1, say)
        with back.stage(f"go back to revision {before.revision}"):
            site.helm.rollback(endpoint, before.revision)
            if before.facts is None:
                return f"Revision {before.revision} is back."
            wait_until_ready(site, endpoint, before.facts, BACK_SECONDS, back.note)
    except SlipwayError as error:
        return f"It could not be taken back: {error.failed}. {error.cure}"
    return f"Version {before.facts.version} serves on."


def _failed(error: SlipwayError, wanted: Wanted, fate: str) -> DeployError:
    kind = AnswerMismatchError if isinstance(error, AnswerMismatchError) else DeployError
    return kind(
        f"Version {wanted.facts.version} of '{wanted.registered}' is not deployed: {error.failed}",
        expected=error.expected,
        got=error.got,
        cure=f"{fate} {error.cure}",
    )
