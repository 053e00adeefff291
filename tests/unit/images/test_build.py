"""What the engine answers to a build, as the classic builder of Docker 20.10 and 28 words it."""

import pytest

from slipway.errors import ExitCode, ImageBuildError
from slipway.images.build import LAST_LINES, BuildEvent, follow

BEGUN = [
    {"stream": "Step 1/3 : FROM python:3.11-slim"},
    {"stream": "\n"},
    {"stream": " ---> 208b7420e062\n"},
    {"stream": "Step 2/3 : RUN python3 -m pip     install x"},
    {"stream": "\n"},
    {"stream": " ---> Running in b90a664795cb\n"},
    {"stream": "Collecting x\n"},
]


def failing(error, lines=()):
    said = [{"stream": f"{line}\n"} for line in lines]
    return [*BEGUN, *said, {"errorDetail": {"code": 1, "message": error}, "error": error}]


def follow_all(answers):
    events = []
    follow(answers, "slipway-toy:1", events.append)
    return events


def test_steps_and_lines_are_reported_without_the_engine_s_notes():
    assert follow_all(BEGUN) == [
        BuildEvent(1, 3, "FROM python:3.11-slim"),
        BuildEvent(2, 3, "RUN python3 -m pip install x"),
        BuildEvent(2, 3, "RUN python3 -m pip install x", "Collecting x"),
    ]


def test_failed_step_is_named_with_the_last_lines_of_it_alone():
    lines = [f"line {number}" for number in range(40)]
    error = "The command '/bin/sh -c python3 -m pip install x' returned a non-zero code: 1"
    with pytest.raises(ImageBuildError) as caught:
        follow_all(failing(error, lines))
    assert "'slipway-toy:1' cannot be built: step 2 of 3 failed, 'RUN python3 -m pip install x'" in str(
        caught.value
    )
    assert "got non-zero code: 1" in str(caught.value)
    said = caught.value.said_last.splitlines()
    assert said == [*lines[-LAST_LINES:], error]
    assert caught.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    ("lines", "error", "cure"),
    [
        (["ERROR: No matching distribution found for x==1"], "returned a non-zero code: 1", "PIP_INDEX_URL"),
        ([], "pull access denied for nothing, repository does not exist", "SLIPWAY_IMAGE_BASE"),
        ([], "manifest for python:9 not found: manifest unknown", "SLIPWAY_IMAGE_BASE"),
        ([], "write /layer.tar: no space left on device", "docker system prune"),
        (["Segmentation fault"], "returned a non-zero code: 139", "Its last lines say why"),
    ],
)
def test_error_names_the_cure(lines, error, cure):
    with pytest.raises(ImageBuildError, match=cure):
        follow_all(failing(error, lines))
