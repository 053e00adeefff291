"""From an endpoint's URL to where one connects: its own host, or a gateway that knows it by its name.

A cluster's gateway serves many hosts at one address, and tells them apart by the header `Host`. Where
their names do not resolve, one connects to the gateway and asks for the host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit
from urllib.request import OpenerDirector, ProxyHandler, build_opener

from slipway.errors import UsageError


def through_gateway(url: str, gateway: str) -> tuple[str, Mapping[str, str]]:
    """Give the URL to open and the headers that name the endpoint; `url` itself without a gateway.

    Raises:
        UsageError: the gateway is no such address.
    """
    if not gateway:
        return url, {}
    require_address(gateway)
    wanted, door = urlsplit(url), urlsplit(gateway)
    path = door.path.rstrip("/") + wanted.path
    return urlunsplit((door.scheme, door.netloc, path, wanted.query, "")), {"Host": wanted.netloc}


def require_address(target: str) -> None:
    """Refuse what is not just scheme, host, port and path.

    Raises:
        UsageError: it has a user, a query or a fragment, or no host; it is not repeated, for it may
            hold a secret.
    """
    try:
        parts = urlsplit(target)
        plain = parts.hostname and not (parts.username or parts.query or parts.fragment)
        plain = plain and parts.scheme in {"http", "https"}
        _ = parts.port
    except ValueError:
        plain = False
    if not plain:
        raise UsageError(
            "The endpoint's URL, or its gateway's, cannot be used",
            expected="http://HOST:PORT, without user, query or fragment",
            cure="Correct the URL.",
        )


def opener(url: str) -> OpenerDirector:
    """Ask this machine itself directly, whatever proxy the environment names."""
    host = urlsplit(url).hostname or ""
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = host == "localhost"
    return build_opener(*([ProxyHandler({})] if is_local else []))
