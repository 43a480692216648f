"""Charts of readable reports, as SVG that stands alone: no link, no script, no style, all colours in attributes. Pure.

The same drawing goes into the HTML and, by Typst, into the PDF. Beside each stands its table, so colours say nothing
that words do not.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

_WIDTH: Final = 900
_HEIGHT: Final = 240
_LEFT: Final = 64
_TOP: Final = 12
_FOOT: Final = 26
_GAP: Final = 0.18
_LINE: Final = "#cdd3d5"
_INK: Final = "#4a555b"
_FONT: Final = "Geist, system-ui, sans-serif"
_UNITS: Final = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
# Kinds of outcomes have the colours that they have on every page.
_TONES: Final = {"served": "#629daa", "throttled": "#d97a0b", "denied": "#6a5a86", "failed": "#b81f1a"}
_OTHER_TONES: Final = ("#629daa", "#d97a0b", "#6a5a86", "#b81f1a", "#3f7d58", "#8d949a", "#a98b2d", "#2f4f6f")


class Bar(NamedTuple):
    """A bar: what it is called, and how much of each part. `said`: how much in words, where a number alone would not do."""

    label: str
    counts: tuple[int, ...]
    said: str = ""


def colours(parts: Sequence[str]) -> tuple[str, ...]:
    """The colour of each part of a chart."""
    return tuple(_TONES.get(part, _OTHER_TONES[place % len(_OTHER_TONES)]) for place, part in enumerate(parts))


def columns(bars: Sequence[Bar], parts: Sequence[str], said: str) -> Markup:
    """Upright bars over time, in layers. `said`: the chart in words, for those who do not see it."""
    ticks = _ticks(max((sum(bar.counts) for bar in bars), default=0))
    step = (_WIDTH - _LEFT) / max(len(bars), 1)
    drawn = [_grid(value, _y(value, ticks[-1])) for value in ticks]
    drawn += [_layers(bar, place, step, ticks[-1], colours(parts)) for place, bar in enumerate(bars)]
    every = math.ceil(len(bars) / 12)
    drawn += [
        _words(_LEFT + (place + 0.5) * step, _HEIGHT - 8, bar.label, "middle")
        for place, bar in enumerate(bars)
        # The last one may have no room.
        if place % every == 0 and (place + 0.5) * step < _WIDTH - _LEFT - 34
    ]
    return _svg(_HEIGHT, said, drawn)


def rows(bars: Sequence[Bar], said: str) -> Markup:
    """Lying bars, one a line, with their names before and their numbers behind them."""
    highest = max((sum(bar.counts) for bar in bars), default=0) or 1
    drawn: list[Markup] = []
    for place, bar in enumerate(bars):
        y, wide = place * 26 + 4, sum(bar.counts) / highest * (_WIDTH - 360)
        drawn.append(_words(232, y + 14, _short(bar.label), "end"))
        drawn.append(_rect(240, y, max(wide, 1.5), 20, _OTHER_TONES[0]))
        drawn.append(_words(248 + wide, y + 14, bar.said or f"{sum(bar.counts):,}", "start"))
    return _svg(max(len(bars), 1) * 26 + 8, said, drawn)


def _svg(height: int, said: str, drawn: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{said}">{drawn}</svg>'
    ).format(w=_WIDTH, h=height, said=said, drawn=Markup("").join(drawn))


def _layers(bar: Bar, place: int, step: float, top: int, tones: Sequence[str]) -> Markup:
    drawn, below = [], 0
    for count, tone in zip(bar.counts, tones, strict=True):
        if count:
            y = _y(below + count, top)
            tall = max(_y(below, top) - y, 1.0)
            drawn.append(_rect(_LEFT + (place + _GAP / 2) * step, y, step * (1 - _GAP), tall, tone))
        below += count
    return Markup("").join(drawn)


def _grid(value: int, y: float) -> Markup:
    line = Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-width="1"/>')
    return line.format(_LEFT, _WIDTH, _number(y), _number(y), _LINE) + _words(_LEFT - 8, y + 4, _round(value), "end")


def _rect(x: float, y: float, width: float, height: float, tone: str) -> Markup:
    rect = Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>')
    return rect.format(_number(x), _number(y), _number(width), _number(height), tone)


def _words(x: float, y: float, text: str, anchor: str) -> Markup:
    words = Markup('<text x="{}" y="{}" text-anchor="{}" font-family="{}" font-size="12" fill="{}">{}</text>')
    return words.format(_number(x), _number(y), anchor, _FONT, _INK, text)


def _y(value: int, top: int) -> float:
    return _HEIGHT - _FOOT - value / top * (_HEIGHT - _FOOT - _TOP)


def _ticks(highest: int) -> list[int]:
    """Round numbers from 0 to the first one that nothing is above, four or five of them."""
    raw = max(highest, 4) / 4
    scale = 10 ** math.floor(math.log10(raw))
    step = next(int(factor * scale) for factor in (1, 2, 5, 10) if factor * scale >= raw)
    return list(range(0, math.ceil(max(highest, 1) / step) * step + 1, step))


def _round(value: int) -> str:
    """A round number of the scale, short enough for the space before it: `15 M`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if value >= size), (1, ""))
    return f"{value / size:g} {unit}" if value >= 100_000 else f"{value:,}"


def _short(text: str) -> str:
    return text if len(text) <= 34 else text[:33] + "…"


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
