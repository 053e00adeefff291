"""From an endpoint's URL to where one connects, and as which host one asks."""

import pytest

from slipway.endpoint.address import require_address, through_gateway
from slipway.errors import UsageError

URL = "http://tiny.example.com/v2/models/tiny?x=1"


@pytest.mark.parametrize(
    ("gateway", "opened"),
    [
        ("http://127.0.0.1:8088", "http://127.0.0.1:8088/v2/models/tiny?x=1"),
        ("https://gateway.example.com/", "https://gateway.example.com/v2/models/tiny?x=1"),
        ("http://gateway.example.com/inner", "http://gateway.example.com/inner/v2/models/tiny?x=1"),
    ],
)
def test_one_connects_to_the_gateway_and_asks_for_the_host(gateway, opened):
    assert through_gateway(URL, gateway) == (opened, {"Host": "tiny.example.com"})


def test_without_a_gateway_nothing_changes():
    assert through_gateway(URL, "") == (URL, {})


@pytest.mark.parametrize("address", ["127.0.0.1:8088", "ftp://here", "http://user:secret@here", "http://"])
def test_what_is_no_address_is_refused_and_not_repeated(address):
    with pytest.raises(UsageError, match="cannot be used") as caught:
        through_gateway(URL, address)
    assert "secret" not in str(caught.value)
    with pytest.raises(UsageError):
        require_address(address)
