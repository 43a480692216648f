"""What one worker counts while it works: decisions, how long answers took, what went wrong.

Plain numbers in memory, because counting stands in the way of every request. Belongs to the event
loop's thread; `metrics` reads it.
"""

from collections import Counter
from typing import Final, get_args

from freehold.keys.records import Via
from freehold.usage.records import OUTCOMES

# Latencies are counted by the power of two that bounds their nanoseconds: told by one instruction, and as good
# as any other bounds. Those from 65 µs to 34 s are shown.
_FIRST: Final = 16
_LAST: Final = 35
BOUNDS_S: Final = tuple(2**power / 1e9 for power in range(_FIRST, _LAST + 1))


class Tally:
    """The counts of one worker's life."""

    __slots__ = ("_took", "answer_ns_sum", "decisions", "lookups", "problems")

    def __init__(self) -> None:
        # Decisions that were to be written down, by way in and outcome.
        self.decisions: dict[Via, dict[str, int]] = {via: dict.fromkeys(OUTCOMES, 0) for via in get_args(Via)}
        # Answers by how long they took, from the first that a turn of the loop decided to the last that it sent;
        # for those that waited longer than a turn, from when they were asked.
        self._took = [0] * 65
        self.answer_ns_sum = 0
        # Problems answered, by code; and times that something was not in memory.
        self.problems: Counter[str] = Counter()
        self.lookups = 0

    def answered(self, ns: int, count: int) -> None:
        """So many answers took so many nanoseconds each."""
        self._took[ns.bit_length()] += count
        self.answer_ns_sum += ns * count

    def answers(self) -> list[int]:
        """How many answers took up to each of BOUNDS_S, without those of the bound before, and how many took longer."""
        took = self._took
        return [sum(took[: _FIRST + 1]), *took[_FIRST + 1 : _LAST + 1], sum(took[_LAST + 1 :])]
