"""Any bytes are answered alike however they are cut, by the short way and by the long one. A short, always equal run.

Longer: FUZZ_INPUTS=1000000 in the environment; guided by coverage: `python -m tests.fuzz.campaign`.
"""

import os
import random
from collections.abc import Iterator

import pytest

from freehold.kit import clock
from tests.fuzz.corpus import CORPUS
from tests.fuzz.sameness import Sameness, changed

INPUTS = int(os.environ.get("FUZZ_INPUTS", "1500"))


@pytest.fixture
def sameness() -> Iterator[Sameness]:
    yield Sameness()
    clock.set_source(None)


def test_the_corpus_is_answered_alike_in_any_pieces(sameness: Sameness) -> None:
    dice = random.Random(1)
    for data in CORPUS:
        for _ in range(4):
            sameness.check(data, dice)


def test_changed_requests_are_answered_alike_in_any_pieces(sameness: Sameness) -> None:
    dice = random.Random(2)
    for _ in range(INPUTS):
        sameness.check(changed(dice), dice)
