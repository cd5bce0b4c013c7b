"""An OpenAI-compatible embeddings endpoint under the same rules as a chat model: key, retries, cache, meter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from akd_code.models.cache import AnswerCache
from akd_code.models.chat import encodable
from akd_code.models.endpoint import AskDifferentlyError, Attempted, Endpoint, said_by
from akd_code.models.errors import ModelError, PromptRefusedError
from akd_code.models.reply import MalformedReplyError, check_for_error
from akd_code.models.usage import UsageMeter

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_TEXTS_PER_REQUEST = 256
_HARMLESS = "a function that adds two numbers"
"""What is asked for where the first texts are refused: an endpoint that refuses this as well refuses everything."""
_LARGEST = 3.4e38  # what is cached as a 32-bit float; not a number is not below it either
Vector = Sequence[float]


class EndpointEmbeddings:
    """Vectors of texts from an endpoint, each text cached on its own, each request a row of the ledger.

    A text that is already under way is waited for, not sent again. Use it from one event loop at a time.
    """

    def __init__(
        self, model: str, server: Endpoint, *, cache: AnswerCache | None = None, meter: UsageMeter | None = None
    ) -> None:
        self.model = model
        self._server = server
        self._cache = cache
        self._meter = meter
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._place = server.url + server.extras.suffix
        self._format: dict[str, Any] = {"encoding_format": "float"}
        self._dimension: int | None = None
        self.refused: set[str] = set()
        """Texts that the endpoint refused to embed."""

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text, in order, as the endpoint gave them; zeros for a text that it refuses.

        Raises RequestRefusedError, also where the endpoint refuses whatever it is asked, and EndpointError; DiskError
        or CacheError if a vector cannot be stored.
        """
        asked = [encodable(text) or " " for text in texts]  # endpoints refuse an empty text
        found: dict[str, Vector] = {}
        for text in self.refused.intersection(asked):
            found[text] = await self._zeros()
        while missing := [text for text in dict.fromkeys(asked) if text not in found]:
            for text in missing:
                if (vector := self._cached(text)) is not None:
                    found[text] = vector
            missing = [text for text in missing if text not in found]
            mine = [text for text in missing if text not in self._under_way][:_TEXTS_PER_REQUEST]
            if mine:
                found |= await self._request(mine)
            elif missing:
                # Whoever sends it may fail or be cancelled, or there is no cache to find it in: then it is our turn.
                await asyncio.wait([self._under_way[text] for text in missing])
        return [found[text] for text in asked]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    def _cached(self, text: str) -> Vector | None:
        if self._cache is None:
            return None
        vector = self._cache.vector(self._place, self.model, text)
        if vector is not None and self._meter is not None:
            # Endpoints count the tokens of a request, not those of each text in it.
            self._meter.cached(None, None)
        return vector

    async def _request(self, texts: list[str]) -> dict[str, Vector]:
        if self._cache is not None:
            self._cache.check_room()
        done = asyncio.get_running_loop().create_future()
        self._under_way |= dict.fromkeys(texts, done)
        try:
            return await self._made(texts)
        finally:
            for text in texts:
                del self._under_way[text]
            done.set_result(None)

    async def _made(self, texts: list[str]) -> dict[str, Vector]:
        """Return the vectors of texts, kept in the cache; where one of several is refused, the halves go alone."""
        try:
            vectors = await self._answered(texts)
        except PromptRefusedError as error:
            if len(texts) > 1:
                middle = len(texts) // 2
                return await self._made(texts[:middle]) | await self._made(texts[middle:])
            zeros = await self._zeros()
            self.refused.update(texts)
            self._server.tell(f"{self._server.url} embeds all but {len(self.refused)} of the texts ({error})")
            return {texts[0]: zeros}
        made = dict(zip(texts, vectors, strict=True))
        self._dimension = len(vectors[0])
        if self._cache is not None:
            for text, vector in made.items():
                self._cache.put_vector(self._place, self.model, text, vector)
        return made

    async def _zeros(self) -> Vector:
        """Return the vector of a refused text, which is like no other text. Raises what a harmless text raises."""
        if self._dimension is None:
            self._dimension = len((await self._answered([_HARMLESS]))[0])
        return [0.0] * self._dimension

    async def _answered(self, texts: list[str]) -> list[Vector]:
        async def ask(client: AsyncOpenAI) -> tuple[list[Vector], int | None]:
            reply = await self._created(client, texts)
            return _vectors(reply, len(texts)), _prompt_tokens(reply)

        try:
            done = await self._server.attempted(ask, self.model, "a list of embeddings")
        except ModelError as error:
            if self._meter is not None:
                self._meter.lost(self.model, self._place, error)
            raise
        vectors, prompt_tokens = done.reply
        self._report(done, prompt_tokens)
        return vectors

    async def _created(self, client: AsyncOpenAI, texts: list[str]) -> Any:
        """Return the endpoint's reply; where it does not take `encoding_format`, that is left out from then on."""
        import openai
        from openai.types import CreateEmbeddingResponse

        sent = self._format
        body = {"model": self.model, "input": texts, **sent, **self._server.extras.body}
        try:
            # Not through `client.embeddings`: it asks for base64 wherever no format is given.
            return await client.post("/embeddings", body=body, cast_to=CreateEmbeddingResponse)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if said_by(error).named(sent) is None:
                raise
            self._format = {}
            raise AskDifferentlyError("it takes no encoding_format") from None

    def _report(self, done: Attempted[Any], prompt_tokens: int | None) -> None:
        if self._meter is not None:
            self._meter.answered(
                self.model,
                self._place,
                prompt_tokens=prompt_tokens,
                completion_tokens=0,
                latency_s=done.latency_s,
                attempts=done.attempts,
                finish_reason="stop",
            )


def _vectors(reply: Any, count: int) -> list[Vector]:
    """Return the vectors in the order of the texts. Raises MalformedReplyError."""
    check_for_error(reply)
    items = getattr(reply, "data", None)
    if not isinstance(items, list) or sorted(getattr(item, "index", -1) for item in items) != list(range(count)):
        raise MalformedReplyError(f"the reply does not hold {count} embeddings")
    vectors = [item.embedding for item in sorted(items, key=lambda item: item.index)]
    if not all(isinstance(vector, list) and vector for vector in vectors) or len({len(v) for v in vectors}) != 1:
        raise MalformedReplyError("the embeddings are not vectors of one length")
    if not all(isinstance(number, int | float) and abs(number) < _LARGEST for vector in vectors for number in vector):
        raise MalformedReplyError("an embedding holds something other than 32-bit numbers")
    return vectors


def _prompt_tokens(reply: Any) -> int | None:
    tokens = getattr(getattr(reply, "usage", None), "prompt_tokens", None)
    return tokens if isinstance(tokens, int) else None
