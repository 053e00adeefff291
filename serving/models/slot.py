"""One configured model: where it comes from and how its last load went."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum

from serving.models.served import ServedModel
from serving.models.sources import ModelSource

logger = logging.getLogger(__name__)


class ModelState(StrEnum):
    """What the model repository extension calls a model's state."""

    READY = "READY"
    LOADING = "LOADING"
    UNLOADED = "UNLOADED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One model in the index; `version` is empty where none is loaded."""

    name: str
    version: str
    state: ModelState
    reason: str


class Slot:
    """The place of one model, whatever its state; `revision` is of what serves, `reason` of the last failure."""

    def __init__(self, source: ModelSource) -> None:
        self.source = source
        self.revision = ""
        self.reason = ""
        self.is_wanted = True
        self.loading: asyncio.Future[None] | None = None

    @property
    def state(self) -> ModelState:
        """The state of a model that does not serve."""
        if not self.is_wanted:
            return ModelState.UNLOADED
        return ModelState.LOADING if self.loading else ModelState.UNAVAILABLE

    def entry(self, model: ServedModel | None) -> IndexEntry:
        """Describe the model for the index; `model` is the one that serves."""
        if model is None:
            return IndexEntry(self.source.name, "", self.state, self.reason)
        reason = f"kept: {self.reason}" if self.reason else ""
        return IndexEntry(self.source.name, model.version, ModelState.READY, reason)

    def settle(self, reason: str) -> None:
        """Keep why the last load failed, nothing if it did not; log what is new."""
        if reason and reason != self.reason:
            logger.warning("Model '%s' was not loaded: %s", self.source.name, reason)
        elif self.reason and not reason:
            logger.info("Model '%s' is up to date again", self.source.name)
        self.reason = reason

    def loaded(self, loading: asyncio.Future[None]) -> None:
        """Forget the load that is over; its error is taken, whether or not somebody waits for it."""
        if self.loading is loading:
            self.loading = None
        if not loading.cancelled():
            loading.exception()
