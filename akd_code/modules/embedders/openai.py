"""`openai:NAME@URL`: an OpenAI-compatible embeddings endpoint, asked through the same client as the chat models."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from akd_code.models.addresses import name_at_url
from akd_code.models.embeddings import EndpointEmbeddings
from akd_code.models.endpoint import Endpoint
from akd_code.modules.embedder import EMBEDDERS, MAX_CHARS, Embedder, EmbedderOptions, unit_vectors
from akd_code.modules.errors import StoreError

if TYPE_CHECKING:
    from akd_code.modules.embedder import Vectors


class EndpointEmbedder:
    """Vectors from an endpoint, for callers in any thread.

    The module store is used from worker threads, one for each label under way. One event loop in a thread of the
    embedder's own serves them all, so that they share connections, the limit on requests and the waiting for texts
    that are already under way; a loop for each call could share none of it.
    """

    def __init__(self, embeddings: EndpointEmbeddings) -> None:
        self._embeddings = embeddings
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def name(self) -> str:
        """The form that opens it, without the place: the same model gives the same vectors anywhere."""
        return f"openai:{self._embeddings.model}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors; blocks. Raises ModelError, and StoreError where `close` came in between."""
        asked = self._embeddings.embed([text[:MAX_CHARS] for text in texts])
        with self._lock:  # so that `close` finds everything that was handed to the loop
            pending = asyncio.run_coroutine_threadsafe(asked, self._running_loop())
        try:
            return unit_vectors(pending.result())
        except CancelledError:
            raise StoreError(f"the embedder {self.name} was closed while in use; run the same command again") from None
        finally:
            pending.cancel()

    def close(self) -> None:
        """Give up what is under way and close the connections; the embedder can be used again afterwards."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._given_up(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    async def _given_up(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._embeddings.aclose()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(self._loop,), daemon=True, name="akd-embeddings").start()
        return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


@EMBEDDERS.register("openai")
def open_endpoint_embedder(rest: str, options: EmbedderOptions) -> Embedder:
    """Return the model NAME at URL, which defaults to OPENAI_BASE_URL, else OpenAI's own. Raises ModelError."""
    name, url = name_at_url(rest, f"openai:{rest}")
    server = Endpoint(
        url,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        extras=options.extras,
        notice=options.notice,
    )
    return EndpointEmbedder(EndpointEmbeddings(name, server, cache=options.cache, meter=options.meter))
