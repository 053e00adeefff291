"""The line on standard output that says where a server listens and what it serves."""

from __future__ import annotations

import json
import os

from serving.listener import Listeners
from serving.models.repository import Repository


def announce(listeners: Listeners, repository: Repository) -> None:
    """Print one line of JSON: `event`, `url`, `grpc`, `models` (name, version, digest) and `pid`."""
    facts = {
        "event": "listening",
        "url": listeners.url,
        "grpc": listeners.grpc_address,
        "models": [
            {"name": model.name, "version": model.version, "digest": model.digest} for model in repository.served
        ],
        "pid": os.getpid(),
    }
    print(json.dumps(facts), flush=True)
