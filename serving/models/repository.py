"""The models of a server, by name: loading, swapping and unloading them while it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from serving.errors import ModelNotReadyError
from serving.models.fetching import Fetched, fetch
from serving.models.hosting import ModelHost
from serving.models.loading import LoadedModel, Loader
from serving.models.served import ServedModel
from serving.models.slot import IndexEntry, Slot
from serving.models.sources import ModelSource
from slipway.errors import ModelNotFoundError, SlipwayError

Fetch = Callable[[ModelSource], Awaitable[Fetched]]
Discover = Callable[[], Iterable[ModelSource]]


class Repository:
    """Every method is called in the event loop's thread; verifying and loading happen in a worker's.

    `discover` lists sources that were not there at the start, for a load by a name that is unknown.
    """

    def __init__(
        self,
        sources: Iterable[ModelSource],
        loader: Loader,
        host: ModelHost,
        *,
        fetch: Fetch = fetch,
        discover: Discover = tuple,
    ) -> None:
        self._slots = {source.name: Slot(source) for source in sources}
        self._serving: dict[str, ServedModel] = {}
        self._loader = loader
        self._host = host
        self._fetch = fetch
        self._discover = discover
        self._retiring: set[asyncio.Task[None]] = set()
        self._is_draining = False

    @property
    def ready(self) -> bool:
        """True while every wanted model is loaded and the server is not draining."""
        wanted = (name for name, slot in self._slots.items() if slot.is_wanted)
        return not self._is_draining and all(name in self._serving for name in wanted)

    @property
    def names(self) -> tuple[str, ...]:
        """Every configured model, loaded or not."""
        return tuple(self._slots)

    @property
    def served(self) -> tuple[ServedModel, ...]:
        """Every loaded model."""
        return tuple(self._serving.values())

    def find(self, name: str, version: str | None = None) -> ServedModel:
        """Return the model of that name, and of that version if one is asked for.

        Raises:
            ModelNotFoundError: there is none; names what there is.
            ModelNotReadyError: it is known here, but not loaded.
        """
        model = self._serving.get(name)
        if model is None or (version is not None and version != model.version):
            raise self._not_served(name, version)
        return model

    def index(self) -> list[IndexEntry]:
        """Describe every configured model."""
        return [slot.entry(self._serving.get(name)) for name, slot in sorted(self._slots.items())]

    async def load(self, name: str) -> None:
        """Load what the model's source names now; the old model serves until the new one has verified.

        Two loads of one name at once are one.

        Raises:
            ModelNotFoundError: no source of that name is configured.
            SlipwayError: it cannot be fetched, does not verify or does not load; the old one serves on.
        """
        slot = self._slot(name)
        slot.is_wanted = True
        await self._join(slot, only_if_changed=False)

    async def refresh(self, name: str) -> None:
        """Load a wanted model again if its source names other content than what serves; see `load`."""
        slot = self._slot(name)
        if slot.is_wanted:
            await self._join(slot, only_if_changed=True)

    async def load_all(self) -> dict[str, SlipwayError]:
        """Load every configured model, one after the other; return the errors by name."""
        errors: dict[str, SlipwayError] = {}
        for name in self.names:
            try:
                await self.load(name)
            except SlipwayError as error:
                errors[name] = error
        return errors

    async def unload(self, name: str) -> None:
        """Stop serving a model; return after its last answer.

        Raises:
            ModelNotFoundError: no source of that name is configured.
        """
        slot = self._slot(name)
        slot.is_wanted = False
        slot.reason = "unloaded on request"
        if model := self._serving.pop(name, None):
            await self._retire(model)

    def drain(self) -> None:
        """Say from now on that the server is not ready; its models go on answering."""
        self._is_draining = True

    async def close(self) -> None:
        """Give up what is being loaded; return after the last answer of all models, swapped ones too."""
        self.drain()
        for slot in self._slots.values():
            if slot.loading is not None:
                slot.loading.cancel()
        await asyncio.gather(*self._retiring, *(model.queue.close() for model in self._serving.values()))

    async def _join(self, slot: Slot, *, only_if_changed: bool) -> None:
        if slot.loading is None or slot.loading.done():
            slot.loading = asyncio.ensure_future(self._load(slot, only_if_changed=only_if_changed))
            slot.loading.add_done_callback(slot.loaded)
        await asyncio.shield(slot.loading)  # a client that goes away does not take the load along

    async def _load(self, slot: Slot, *, only_if_changed: bool) -> None:
        source = slot.source
        try:
            fetched = await self._fetch(source)
            if only_if_changed and fetched.revision == slot.revision and source.name in self._serving:
                slot.settle("")
                return
            loaded = await asyncio.to_thread(
                self._loader.load,
                fetched.place,
                version=source.version or fetched.version,
                digest=source.digest or fetched.digest,
            )
            if slot.is_wanted:  # nobody unloaded it meanwhile
                self._swap(slot, loaded)
                slot.revision = fetched.revision
        except Exception as error:
            self._host.load_failed(source.name)
            slot.settle(str(error) if isinstance(error, SlipwayError) else f"{type(error).__name__}: {error}")
            raise

    def _swap(self, slot: Slot, loaded: LoadedModel) -> None:
        model = self._host.start(slot.source.name, loaded)
        old = self._serving.get(model.name)
        self._serving[model.name] = model
        slot.settle("")
        if old is not None:
            retiring = asyncio.ensure_future(self._retire(old))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def _retire(self, model: ServedModel) -> None:
        await model.queue.close()
        successor = self._serving.get(model.name)
        if successor is None or successor.metrics is not model.metrics:
            self._host.retire(model)

    def _slot(self, name: str) -> Slot:
        if name not in self._slots:
            found = next((source for source in self._discover() if source.name == name), None)
            if found is None:
                raise self._unknown(name)
            self._slots[name] = Slot(found)
        return self._slots[name]

    def _not_served(self, name: str, version: str | None) -> ModelNotFoundError | ModelNotReadyError:
        if name not in self._slots:
            return self._unknown(name)
        if name in self._serving:
            return ModelNotFoundError(
                f"Version '{version}' of model '{name}' is not served here",
                expected=self._serving[name].version,
                cure="Ask for that version, or leave it out.",
            )
        slot = self._slots[name]
        return ModelNotReadyError(
            f"Model '{name}' is not loaded",
            got=f"{slot.state}{f' ({slot.reason})' if slot.reason else ''}",
            cure="Wait until it is ready, or have it loaded.",
        )

    def _unknown(self, name: str) -> ModelNotFoundError:
        return ModelNotFoundError(
            f"Model '{name}' is not served here",
            expected=", ".join(sorted(self._slots)) or "no model at all",
            cure="Ask for a model that is.",
        )
