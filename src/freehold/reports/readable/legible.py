"""Texts as they may stand in a readable report: nothing in them that is not seen, and nothing that the font lacks. Pure.

Names come from people. What would change how the text around it is read (control characters, marks of direction) is
written as its code point, and so is, in a PDF, what its font has no picture of: an honest mark instead of a box.
"""

import re
import unicodedata
from itertools import chain
from typing import Final

CELL_MAX: Final = 160
# A run without a place to break a line would go over the edge of its column.
_RUN: Final = re.compile(r"\S{41,}")
_BREAK: Final = "\u200b"
# Joiners are part of how some scripts and emoji are written.
_JOINERS: Final = "\u200c\u200d"
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# What Geist has (Latin, Cyrillic, punctuation, currencies, arrows), and Greek, which Typst's own DejaVu Sans Mono has.
_GEIST: Final = """
20-7E A0-AC AE-113 116-12B 12E-137 139-13E 141-148 14A-14D 150-17E 18F 192 1A0-1A1 1AF-1B0 1CD-1CE 1E4-1E9 218-21B
237 259 2B9 2BC 2C6-2C8 2D8-2DD 400-45F 462-463 46A-46B 472-475 490-493 496-497 49A-49B 4A2-4A3 4AE-4B3 4B6-4B7 4BA-4BB
4C0 4CF 4D8-4D9 4E2-4E3 4E8-4E9 4EE-4EF E3F 1E20-1E21 1E80-1E85 1E9E 1EA0-1EF9 2013-2014 2018-201A 201C-201E 2020-2022
2026 2030 2032-2033 2039-203A 2044 2070 2074-2079 2080-2089 20AA 20AC 20B1 20B4 20B9 20BD 2116-2117 2122 2153-2155
215B-215E 2190-2199 2202 2206 220F 2211-2212 221A 221E 222B 2248 2260 2264-2265
"""
_GREEK: Final = "384-386 388-38A 38C 38E-3A1 3A3-3CE"


def _characters(ranges: str) -> frozenset[str]:
    bounds = ([int(each, 16) for each in one.split("-")] for one in ranges.split())
    return frozenset(chain.from_iterable(map(chr, range(one[0], one[-1] + 1)) for one in bounds))


COVERED: Final = _characters(_GEIST + _GREEK)


def seen(text: str) -> str:
    """A text with each character that would not be seen written as its code point: `[U+202E]`."""
    return "".join(_mark(each) if _is_unseen(each) else each for each in unicodedata.normalize("NFC", text))


def covered(text: str) -> str:
    """A text for the PDF: besides, runs of characters that its font lacks as their code points: `[U+6771 U+4EAC]`."""
    return _LACKING.sub(lambda run: f"[{' '.join(f'U+{ord(each):04X}' for each in run[0])}]", seen(text))


def breakable(text: str) -> str:
    """A text for the PDF whose long runs may go on in the next line. What is as short as an id is left as it is."""
    return _RUN.sub(lambda run: _BREAK.join(run[0][at : at + 40] for at in range(0, len(run[0]), 40)), text)


def cut(text: str) -> str:
    """A text of at most 160 characters; a longer one ends with `…`."""
    return text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + "…"


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS


def _mark(character: str) -> str:
    return f"[U+{ord(character):04X}]"


_LACKING: Final = re.compile(f"[^{re.escape(''.join(sorted(COVERED)))}]+")
