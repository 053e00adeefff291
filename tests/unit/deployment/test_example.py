"""Asking a real server for the bundle's example, and what is said when another answers."""

import dataclasses

import pytest

from slipway.deployment import example
from slipway.deployment.example import require_recorded_answers
from slipway.deployment.facts import Facts
from slipway.deployment.wanted import Wanted
from slipway.endpoint.client import Endpoint
from slipway.errors import AnswerMismatchError, EndpointError, ExitCode
from tests.support.ports import closed_port
from tests.support.registry_bundle import registry_bundle
from tests.support.serving_process import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of version 1 that answers `distance * 2`, and what it should serve."""
    bundle = registry_bundle(tmp_path_factory.mktemp("served") / "tiny", weight=2.0)
    with serving(f"--model=tiny:1={bundle.path}") as server:
        facts = Facts("tiny", "1", bundle.digest)
        yield server.url, Wanted("tiny", "tiny", facts, bundle)


def test_recorded_answers_of_the_wanted_bundle_are_right(served):
    url, wanted = served
    require_recorded_answers(Endpoint(url, "tiny"), wanted)


def test_a_host_that_does_not_resolve_is_asked_through_the_gateway(served):
    url, wanted = served

    require_recorded_answers(Endpoint("http://tiny.nowhere.invalid", "tiny", gateway=url), wanted)


def test_another_answer_is_refused_at_once(served, tmp_path):
    url, wanted = served
    other = dataclasses.replace(wanted, bundle=registry_bundle(tmp_path / "other", weight=3.0))

    with pytest.raises(AnswerMismatchError) as caught:
        require_recorded_answers(Endpoint(url, "tiny"), other, settling_seconds=3600)

    assert caught.value.expected == "'prediction' of shape [2, 1], [3.0, 6.0]"
    assert caught.value.got == "'prediction' of shape [2, 1], [2.0, 4.0]"
    assert caught.value.exit_code is ExitCode.REFUSED


@pytest.mark.parametrize("changed", [{"version": "2"}, {"digest": "sha256:" + "0" * 64}])
def test_another_bundle_is_waited_out_and_then_refused(served, changed, monkeypatch):
    monkeypatch.setattr(example, "_PAUSE_SECONDS", 0.01)
    url, wanted = served
    other = dataclasses.replace(wanted, facts=dataclasses.replace(wanted.facts, **changed))

    with pytest.raises(AnswerMismatchError, match="serves another bundle: expected version"):
        require_recorded_answers(Endpoint(url, "tiny"), other, settling_seconds=0.05)


def test_nothing_that_answers_is_waited_out_and_then_told(served, monkeypatch):
    monkeypatch.setattr(example, "_PAUSE_SECONDS", 0.01)
    with closed_port() as port, pytest.raises(EndpointError, match="does not answer"):
        require_recorded_answers(Endpoint(f"http://127.0.0.1:{port}", "tiny"), served[1], settling_seconds=0.05)
