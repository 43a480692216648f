"""How much one dispatcher takes on for each endpoint: windows that grow with what is accepted, and a slow lane.

An endpoint that is not known yet is sent one request. Each acceptance doubles what is claimed for it
ahead, up to a bound; a failure or a slow answer brings it back to one. What has been on its way for
longer than a second no longer counts against the room of the others, but against a room of its own:
so those that hang fill their own lane and never everybody's. Endpoints that have accepted nothing yet
share half of the room, so that a thousand that hang leave the other half as they are first met.
Memory alone: no IO, no clock.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from freehold.webhooks.queue_queries import Waiting
from freehold.webhooks.records import Dispatch

# How many deliveries of one endpoint are claimed at most, those that wait for their turn here included.
AHEAD_MAX: Final = 64
SLOW_S: Final = 1.0
# So many endpoints are remembered; those of which nothing is known or on its way go first.
_REMEMBERED_MAX: Final = 20_000


@dataclass(slots=True)
class Lane:
    """One endpoint: what may be claimed for it, what waits here, what is on its way."""

    window: int = 1
    proven: bool = False
    waiting: deque[Dispatch] = field(default_factory=deque)
    on_the_way: int = 0
    slow: int = 0

    @property
    def held(self) -> int:
        """How many of its deliveries are claimed."""
        return len(self.waiting) + self.on_the_way


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many to claim of which endpoint; `is_cut`: there was no room for all of them."""

    each: list[tuple[Waiting, int]]
    is_cut: bool


class Lanes:
    """What one dispatcher has claimed. `at_once`: how many quick ones; `slow_at_once`: how many slow ones beside them."""

    def __init__(self, at_once: int, per_endpoint: int, slow_at_once: int) -> None:
        self._at_once = at_once
        self._per_endpoint = per_endpoint
        self._slow_at_once = slow_at_once
        self._lanes: dict[str, Lane] = {}
        # Requests on their way and quick so far, with the second in which each began: in that order.
        self._quick: dict[str, tuple[Dispatch, float]] = {}
        self._slow: set[str] = set()
        # Claimed for endpoints that had accepted nothing, and quick so far.
        self._unproven: set[str] = set()
        self._held = 0

    @property
    def room(self) -> int:
        """How many more may be claimed now."""
        return max(0, self._at_once - (self._held - len(self._slow)))

    @property
    def has_room(self) -> bool:
        """Whether claiming is worth a transaction: a quarter of the room is free."""
        return self.room * 4 >= self._at_once

    def wanted(self, waiting: list[Waiting], now: datetime) -> Wanted:
        """How many to claim of each endpoint that has something due. None gets more while another could have it."""
        asks, for_unproven = [], max(1, self._at_once // 2) - len(self._unproven)
        for each in waiting:
            lane = self._lanes.get(each.endpoint_id)
            count = self._most(each, lane, now)
            if lane is None or not lane.proven:
                count = min(count, for_unproven)
                for_unproven -= count
            if count > 0:
                asks.append((each, count))
        room = self.room
        if len(asks) > room:
            return Wanted([(each, 1) for each, _ in asks[:room]], is_cut=True)
        level = _level([count for _, count in asks], room)
        return Wanted([(each, min(count, level)) for each, count in asks], is_cut=False)

    def _most(self, each: Waiting, lane: Lane | None, now: datetime) -> int:
        """How many of an endpoint may be claimed beside what is, room aside."""
        if each.held_until_at is not None and each.held_until_at > now:
            return 0
        if lane is None:
            return 1
        if lane.slow and len(self._slow) >= self._slow_at_once:
            return 0
        at_most = 1 if each.fifo or each.state == "failing" else each.due
        return max(0, min(at_most, lane.window - lane.held))

    def take(self, dispatch: Dispatch) -> None:
        """A delivery was claimed: it waits for its turn."""
        lane = self._lanes.setdefault(dispatch.endpoint.id, Lane())
        lane.waiting.append(dispatch)
        self._held += 1
        if not lane.proven:
            self._unproven.add(dispatch.delivery_id)

    def begin(self, endpoint_id: str, now_s: float) -> Dispatch | None:
        """The endpoint's next delivery to send now, or None where it has enough on the way."""
        lane = self._lanes.get(endpoint_id)
        if lane is None or not lane.waiting or lane.on_the_way >= self._per_endpoint:
            return None
        lane.on_the_way += 1
        dispatch = lane.waiting.popleft()
        self._quick[dispatch.delivery_id] = dispatch, now_s
        return dispatch

    def end(self, dispatch: Dispatch, *, accepted: bool) -> list[Dispatch]:
        """A request has ended. After a failure, what waits for the endpoint here: to be given back."""
        lane = self._lanes[dispatch.endpoint.id]
        lane.on_the_way -= 1
        self._held -= 1
        self._unproven.discard(dispatch.delivery_id)
        lane.proven = accepted
        was_quick = self._quick.pop(dispatch.delivery_id, None) is not None
        if not was_quick:
            self._slow.discard(dispatch.delivery_id)
            lane.slow -= 1
        if accepted and was_quick:
            lane.window = min(AHEAD_MAX, lane.window * 2)
            return []
        lane.window = 1
        return self._empty(lane)

    def slow_down(self, now_s: float) -> list[Dispatch]:
        """Move what has been on its way for long into the slow lane. What waits behind it: to be given back."""
        back = []
        while self._quick:
            dispatch, began_s = next(iter(self._quick.values()))
            if now_s - began_s < SLOW_S:
                break
            del self._quick[dispatch.delivery_id]
            self._slow.add(dispatch.delivery_id)
            self._unproven.discard(dispatch.delivery_id)
            lane = self._lanes[dispatch.endpoint.id]
            lane.slow += 1
            lane.window, lane.proven = 1, False
            back += self._empty(lane)
        return back

    def forget(self) -> None:
        """Drop endpoints of which nothing is claimed, where there are too many."""
        if len(self._lanes) > _REMEMBERED_MAX:
            self._lanes = {endpoint_id: lane for endpoint_id, lane in self._lanes.items() if lane.held}

    def give_all_back(self) -> list[Dispatch]:
        """What was claimed and not begun."""
        return [dispatch for lane in self._lanes.values() for dispatch in self._empty(lane)]

    def _empty(self, lane: Lane) -> list[Dispatch]:
        back = list(lane.waiting)
        lane.waiting.clear()
        self._held -= len(back)
        self._unproven.difference_update(each.delivery_id for each in back)
        return back


def _level(asks: list[int], room: int) -> int:
    """How many each may have so that all together have no more than the room, and the small asks are met whole."""
    for place, count in enumerate(sorted(asks)):
        share = room // (len(asks) - place)
        if count > share:
            return share
        room -= count
    return max(asks, default=0)
