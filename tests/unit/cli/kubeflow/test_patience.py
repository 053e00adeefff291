import pytest

from slipway.cli.kubeflow.patience import Patience
from slipway.errors import KubeflowError, KubeflowUnreachableError


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.pauses = []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def read(self):
        return self.now


class Silent:
    """Fails so often, then answers."""

    def __init__(self, times, **error):
        self.left = times
        self.asked = 0
        self.error = error

    def __call__(self):
        self.asked += 1
        if self.left:
            self.left -= 1
            raise KubeflowUnreachableError("No answer", **self.error)
        return "here"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return []


def patience(seconds, clock, said):
    return Patience(seconds, said.append, sleep=clock.sleep, clock=clock.read)


def test_answer_at_once_says_nothing(clock, said):
    assert patience(60, clock, said).call(Silent(0)) == "here"
    assert (clock.pauses, said) == ([], [])


def test_pauses_grow_and_both_ends_of_the_wait_are_told(clock, said):
    assert patience(60, clock, said).call(Silent(4)) == "here"
    assert clock.pauses == [0.5, 1, 2, 4]
    assert said == ["No answer. Asking again for 60 s.", "It answers again."]


def test_silence_is_borne_for_the_time_given_and_no_longer(clock, said):
    silent = Silent(10**6)
    with pytest.raises(KubeflowUnreachableError, match="No answer"):
        patience(100, clock, said).call(silent)
    assert clock.now == pytest.approx(100)
    assert max(clock.pauses) == 30


def test_silence_that_asking_does_not_help_is_told_at_once(clock, said):
    silent = Silent(5, tries=1)
    with pytest.raises(KubeflowUnreachableError):
        patience(60, clock, said).call(silent)
    assert (silent.asked, said) == (1, [])


def test_no_patience_asks_once(clock, said):
    silent = Silent(1)
    with pytest.raises(KubeflowUnreachableError):
        patience(0, clock, said).call(silent)
    assert silent.asked == 1


def test_refusal_is_not_asked_again(clock, said):
    def refuse():
        raise KubeflowError("No")

    with pytest.raises(KubeflowError, match="No"):
        patience(60, clock, said).call(refuse)
    assert clock.pauses == []


def test_refusal_after_a_silence_is_an_answer_too(clock, said):
    silent = Silent(1)

    def ask():
        silent()
        raise KubeflowError("No")

    with pytest.raises(KubeflowError, match="No"):
        patience(60, clock, said).call(ask)
    assert said[-1] == "It answers again."
