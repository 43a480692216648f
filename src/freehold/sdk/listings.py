"""Lists that are walked item by item: pages are fetched as the walk comes to them, and none is kept."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list, and the cursor of the next page, or None at the end."""

    data: list[T]
    next_cursor: str | None = None


class Listing(Generic[T]):
    """A list of the API: `for item in listing` walks all of it, from the start each time."""

    def __init__(self, fetch: Callable[[str | None], Page[T]]) -> None:
        self._fetch = fetch

    def page(self) -> Page[T]:
        """One page alone: the first, or the one at the `cursor` that was asked for."""
        return self._fetch(None)

    def pages(self) -> Iterator[Page[T]]:
        """Every page, the next one fetched when it is asked for."""
        page = self._fetch(None)
        yield page
        while page.next_cursor is not None:
            page = self._fetch(page.next_cursor)
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.data


class AsyncListing(Generic[T]):
    """A list of the API: `async for item in listing` walks all of it, from the start each time."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[T]]]) -> None:
        self._fetch = fetch

    async def page(self) -> Page[T]:
        """One page alone: the first, or the one at the `cursor` that was asked for."""
        return await self._fetch(None)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Every page, the next one fetched when it is asked for."""
        page = await self._fetch(None)
        yield page
        while page.next_cursor is not None:
            page = await self._fetch(page.next_cursor)
            yield page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.data:
                yield item
