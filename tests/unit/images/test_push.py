"""What the engine answers to a push, as Docker 20.10 and 28 word it."""

import pytest

from slipway.errors import EngineError, ExitCode, ImageError
from slipway.images.push import follow

IMAGE = "registry.example:5000/team/slipway-toy:0123"


def test_digest_is_returned_and_bytes_are_reported():
    sent = []
    digest = follow(
        [
            {"status": "The push refers to repository [registry.example:5000/team/slipway-toy]"},
            {"status": "Preparing", "progressDetail": {}, "id": "a"},
            {"status": "Pushing", "progressDetail": {"current": 5, "total": 9}, "id": "a"},
            {"status": "Pushed", "progressDetail": {}, "id": "a"},
            {"progressDetail": {}, "aux": {"Tag": "0123", "Digest": "sha256:abc", "Size": 1}},
        ],
        IMAGE,
        lambda *facts: sent.append(facts),
    )
    assert digest == "sha256:abc"
    assert sent == [("a", 5, 9)]


@pytest.mark.parametrize(
    ("said", "kind", "code", "cure"),
    [
        ("denied: requested access to the resource is denied", ImageError, ExitCode.FAILED, "docker login"),
        (
            "unauthorized: authentication required",
            ImageError,
            ExitCode.FAILED,
            "docker login registry.example:5000",
        ),
        ("no basic auth credentials", ImageError, ExitCode.FAILED, "docker login"),
        (
            'Get "https://registry.example:5000/v2/": http: server gave HTTP response to HTTPS client',
            ImageError,
            ExitCode.FAILED,
            "insecure-registries",
        ),
        (
            'Get "https://registry.example:5000/v2/": x509: certificate signed by unknown authority',
            ImageError,
            ExitCode.FAILED,
            "certs.d",
        ),
        (
            "dial tcp: lookup registry.example: no such host",
            EngineError,
            ExitCode.UNREACHABLE,
            "SLIPWAY_IMAGE_PREFIX",
        ),
        (
            "dial tcp 127.0.0.1:1: connect: connection refused",
            EngineError,
            ExitCode.UNREACHABLE,
            "SLIPWAY_IMAGE_PREFIX",
        ),
        ("manifest invalid", ImageError, ExitCode.FAILED, "what the registry says"),
    ],
)
def test_refusal_names_the_registry_and_the_cure(said, kind, code, cure):
    with pytest.raises(kind, match=cure) as caught:
        follow([{"errorDetail": {"message": said}, "error": said}], IMAGE, print)
    assert caught.value.exit_code is code
    assert said.rstrip(".") in str(caught.value)
