"""One test for both clients: whatever a call gives, a value or a coroutine, `got` is the value."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from freehold.sdk import AsyncFreehold, AsyncListing, Freehold, Listing, Retries

# As many attempts as ever, without the waits.
AT_ONCE = Retries(first_wait_s=0.0, longest_wait_s=1.0)


@dataclass(slots=True)
class Mode:
    """Makes clients of one kind and waits for what they give."""

    runner: asyncio.Runner | None

    @contextmanager
    def client(self, url: str, token: str | None = None, **options: Any) -> Iterator[Any]:
        """A client of this kind."""
        options = {"retries": AT_ONCE, **options}
        if self.runner is None:
            with Freehold(url, token, **options) as client:
                yield client
        else:
            made = AsyncFreehold(url, token, **options)
            try:
                yield made
            finally:
                self.runner.run(made.close())

    def got(self, given: Any) -> Any:
        """What a call gives, awaited where it must be."""
        return self.runner.run(given) if self.runner and isinstance(given, Coroutine) else given

    def items(self, listing: Listing[Any] | AsyncListing[Any]) -> list[Any]:
        """All items of a list."""
        if isinstance(listing, Listing):
            return list(listing)
        assert self.runner

        async def walk(items: AsyncIterator[Any]) -> list[Any]:
            return [item async for item in items]

        return self.runner.run(walk(aiter(listing)))
