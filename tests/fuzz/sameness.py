"""What must hold of any bytes: they are answered alike however they are cut, and whatever was asked before them."""

import random
import re
from typing import Final

from tests.fuzz.corpus import CORPUS, WORDS
from tests.fuzz.door import Door, Heard, answers_in, verification

_CUTS_MAX: Final = 6
_CHANGES_MAX: Final = 5
# Where it is right that the answer hangs on what had come by then: whether a client is told to send its body, and
# whether the connection outlives an answer that did not wait for it. And a HEAD that broke before anybody could
# know that it is one gets a body.
_IN_TIME: Final = re.compile(rb"expect|chunked|/gateway/|HEAD", re.IGNORECASE)


class Sameness:
    """Asks a gate the same in different ways."""

    def __init__(self) -> None:
        self._door = Door()
        self._first = verification()
        self._heard_first = self._door.knock([self._first])
        assert answers_in(self._heard_first.answers) == [200]

    def check(self, data: bytes, dice: random.Random) -> None:
        """AssertionError where the bytes are answered in two ways, or with what is no answer."""
        whole = self._door.knock([data])
        answers_in(whole.answers)
        for turns_between in (True, False):
            cuts = sorted(dice.randint(0, len(data)) for _ in range(dice.randint(1, _CUTS_MAX)))
            pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
            _compare(self._door.knock(pieces, turns_between=turns_between), whole, pieces)
        # After a verification its head is known, and the short way is open.
        first = self._heard_first
        both = Heard(first.answers + whole.answers, whole.closed, [*first.decisions, *whole.decisions])
        _compare(self._door.knock([self._first, data]), both, [self._first, data])


def _compare(heard: Heard, other: Heard, pieces: list[bytes]) -> None:
    if not _IN_TIME.search(b"".join(pieces)):
        assert heard == other, pieces
        return
    statuses, others = ([each for each in answers_in(one.answers) if each != 100] for one in (heard, other))
    # The last answer of a connection that was hung up on may be of a body that broke, or of a denial before it did.
    shorter = min(len(statuses), len(others)) - (heard.closed and other.closed)
    assert statuses[:shorter] == others[:shorter], pieces
    # Whoever heard less was hung up on.
    assert len(statuses) == len(others) or (heard if len(statuses) < len(others) else other).closed, pieces


def changed(dice: random.Random) -> bytes:
    """Bytes of the corpus with some changes that mean something."""
    data = dice.choice(CORPUS)
    for _ in range(dice.randint(0, _CHANGES_MAX)):
        at, end = sorted(dice.randint(0, len(data)) for _ in range(2))
        match dice.randrange(6):
            case 0:
                data = data[:at] + dice.choice(WORDS) + data[at:]
            case 1:
                data = data[:at] + dice.choice(WORDS) + data[end:]
            case 2:
                data = data[:at] + data[min(end, at + 8) :]
            case 3:
                data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
            case 4:
                data = data[:at] + data[at:end] * 2 + data[end:]
            case _:
                data += dice.choice(CORPUS)
    return data[:16_000]
