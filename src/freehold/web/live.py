"""Pages that wait: a part of the page sent anew, as server-sent events, whenever what it shows has changed.

Looks at the database now and then, in a thread; knows no product noun.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from typing import Final

from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEventMessage

_POLL_S: Final = 0.25
_WAIT_S: Final = 15 * 60
# A comment this often keeps proxies from giving up on a silent answer.
_SILENT_S: Final = 15


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look found: a mark by which a change is known, the part as HTML, and whether the wait is over."""

    mark: Hashable
    html: str
    last: bool


Look = Callable[[Hashable], Sight | None]


async def follow(look: Look) -> AsyncIterator[ServerSentEventMessage]:
    """Send what `look` finds until it says that the wait is over, for a quarter of an hour at most.

    `look` gets the mark of what was sent last (None before the first) and finds None while that still holds.
    """
    mark: Hashable = None
    silent_s = 0.0
    for _ in range(int(_WAIT_S / _POLL_S)):
        sight = await sync_to_thread(look, mark)
        if sight is not None:
            yield ServerSentEventMessage(event="part", data=sight.html)
            mark, silent_s = sight.mark, 0.0
            if sight.last:
                break
        elif silent_s >= _SILENT_S:
            yield ServerSentEventMessage(comment="waiting")
            silent_s = 0.0
        await asyncio.sleep(_POLL_S)
        silent_s += _POLL_S
    yield ServerSentEventMessage(event="done", data="")
