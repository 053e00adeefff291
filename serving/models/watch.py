"""Following sources that move: an alias, a folder, a prefix."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from serving.models.repository import Repository
from slipway.errors import SlipwayError

logger = logging.getLogger(__name__)


async def watch(repository: Repository, seconds: float) -> None:
    """Compare every wanted model with its source every `seconds`, and load what has changed; until cancelled.

    A source that cannot be reached, or names a model that does not load, changes nothing: the old
    model serves, the index says why, and the next round tries again.
    """
    while True:
        await asyncio.sleep(seconds)
        for name in repository.names:
            with suppress(SlipwayError):  # the repository has logged it and shows it in its index
                await _refresh(repository, name)


async def _refresh(repository: Repository, name: str) -> None:
    try:
        await repository.refresh(name)
    except SlipwayError:
        raise
    except Exception:  # nothing that a source does may end the server or the watch
        logger.exception("Model '%s' could not be compared with its source", name)
