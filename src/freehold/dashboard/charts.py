"""Charts as SVG, drawn on the server: stacked bars, sparklines, meters and rings. Pure.

They carry no style attributes and no script: bars are links to the requests behind them, positions
are percentages so that a chart fits any width, and colours are classes. Labels are escaped here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

# The four kinds of outcome, and six colours for keys or endpoints; `rest` is whatever is beyond them.
Tone = Literal["served", "throttled", "denied", "failed", "a", "b", "c", "d", "e", "f", "rest"]
_TOP: Final = 14
_FOOT: Final = 22
_GAP: Final = 0.28
_TICKS_MAX: Final = 5
# A mark's words need so many per cent of a wide chart's width.
_MARK_TEXT: Final = 22
_STEP_PARTS: Final = (1, 2, 5)
_COLUMN_STEP: Final = 7
_COLUMN_HEIGHT: Final = 22
_FATES: Final[tuple[tuple[Tone, str], ...]] = (("served", "Delivered"), ("failed", "Failed"), ("throttled", "Pending"))


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of the bars: its colour and its name."""

    tone: Tone
    label: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar: what it spans, a count for each series, and the page of the requests behind it."""

    label: str
    counts: tuple[int, ...]
    href: str

    @property
    def total(self) -> int:
        """The height of the whole bar."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A text below the bars, centred `at` so many bars from the left."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened `at` so many bars from the left, and the page that tells of it."""

    at: float
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Counts over time. `unit` says what a bar spans (`Hourly, UTC`); `chosen` is the bar that is looked at."""

    title: str
    unit: str
    series: tuple[Series, ...]
    buckets: tuple[Bucket, ...]
    axis: tuple[AxisLabel, ...] = ()
    chosen: int | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def total(self) -> int:
        """Everything that the chart shows."""
        return sum(bucket.total for bucket in self.buckets)


def ticks(highest: int) -> tuple[int, ...]:
    """Whole, evenly spaced axis values from 0 that reach `highest`: two to six of them."""
    if highest <= 0:
        return (0, 1)
    step = _nice_step(highest)
    return tuple(range(0, step * -(-highest // step) + 1, step))


def _nice_step(highest: int) -> int:
    exponent = max(len(str(highest)) - 2, 0)
    while True:
        for part in _STEP_PARTS:
            step: int = part * 10**exponent
            if step * _TICKS_MAX >= highest:
                return step
        exponent += 1


def short(value: int) -> str:
    """An axis value in few characters: `500`, `1.5k`, `2M`."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return str(value)


def bars(chart: BarChart, height: int = 190) -> Markup:
    """Stacked bars, each a link. Only one bar is in the tab order: arrow keys move between them (charts.js)."""
    values = ticks(max((bucket.total for bucket in chart.buckets), default=0))
    plot = _Plot(height, values[-1], len(chart.buckets))
    grid = Markup("").join(_grid_line(plot, value) for value in values)
    names = Markup("").join(_axis_text(plot, label) for label in chart.axis)
    drawn = Markup("").join(_bar(plot, chart, index) for index in range(len(chart.buckets)))
    marks = Markup("").join(_mark(plot, chart.marks, index) for index in range(len(chart.marks)))
    scale = Markup("").join(_tick_text(plot, value) for value in values)
    return Markup(
        '<div class="fh-plot" data-chart=""><svg width="40" height="{h}" aria-hidden="true">{scale}</svg>'
        '<svg width="100%" height="{h}" role="group" aria-label="{title}, {unit}. Arrow keys move between bars.">'
        "{grid}{names}{drawn}{marks}</svg></div>"
    ).format(
        h=height, scale=scale, title=chart.title, unit=chart.unit, grid=grid, names=names, drawn=drawn, marks=marks
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Plot:
    """The geometry of one chart: heights in pixels, positions across in per cent."""

    height: int
    highest: int
    count: int

    def y(self, value: int) -> float:
        return _TOP + (self.height - _TOP - _FOOT) * (1 - value / self.highest)

    def y_of(self, value: float) -> float:
        return _TOP + (self.height - _TOP - _FOOT) * (1 - value / self.highest)

    @property
    def width(self) -> float:
        return 100 / max(self.count, 1)


def _grid_line(plot: _Plot, value: int) -> Markup:
    y = round(plot.y(value)) + 0.5
    return Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="{1}"/>').format(y, "fh-grid" if value else "fh-base")


def _tick_text(plot: _Plot, value: int) -> Markup:
    y = round(plot.y(value)) + 4
    return Markup('<text x="100%" dx="-8" y="{}" text-anchor="end" class="fh-ax">{}</text>').format(y, short(value))


def _axis_text(plot: _Plot, label: AxisLabel) -> Markup:
    x = min(max(label.at * plot.width, 0), 100)
    anchor = "start" if x < 2 else "end" if x > 98 else "middle"
    return Markup('<text x="{}%" y="{}" text-anchor="{}" class="fh-ax">{}</text>').format(
        _decimal(x), plot.height - 5, anchor, label.text
    )


def _mark(plot: _Plot, marks: Sequence[Mark], index: int) -> Markup:
    """A dashed line with what happened there; the words on the side where no other mark is in their way, or nowhere."""
    mark = marks[index]
    x = min(max(mark.at * plot.width, 0), 100)
    before = marks[index - 1].at * plot.width if index else 0
    following = marks[index + 1].at * plot.width if index + 1 < len(marks) else 100
    text = Markup("")
    if following - x > _MARK_TEXT:
        text = Markup('<text x="{}%" dx="8" y="{}">{}</text>').format(_decimal(x), _TOP - 2, mark.label)
    elif x - before > 2 * _MARK_TEXT:
        text = Markup('<text x="{}%" dx="-8" y="{}" text-anchor="end">{}</text>').format(
            _decimal(x), _TOP - 2, mark.label
        )
    return Markup(
        '<a class="fh-mark" href="{href}" aria-label="{label}"><title>{label}</title>'
        '<line x1="{x}%" x2="{x}%" y1="{top}" y2="{foot}"/><circle cx="{x}%" cy="{top}" r="3.5"/>{text}</a>'
    ).format(
        href=mark.href, label=mark.label, x=_decimal(x), top=_TOP - 6, foot=plot.height - _FOOT, text=text
    )  # fmt: skip


def _bar(plot: _Plot, chart: BarChart, index: int) -> Markup:
    bucket = chart.buckets[index]
    # The tooltip's script reads the same text that assistive technology does, with the colours named.
    tip = "|".join(
        [
            bucket.label,
            *(f"{each.tone}:{each.label}:{count:,}" for each, count in zip(chart.series, bucket.counts, strict=True)),
        ]
    )
    spoken = ", ".join(
        [bucket.label, *(f"{each.label} {count:,}" for each, count in zip(chart.series, bucket.counts, strict=True))]
    )
    return Markup(
        '<a class="fh-bar{chosen}" href="{href}" tabindex="{tab}" data-tip="{tip}" aria-label="{spoken}">'
        '<rect class="fh-hit" x="{x}%" width="{w}%" y="{top}" height="{h}"/>{segments}</a>'
    ).format(
        chosen=" fh-is-chosen" if index == chart.chosen else "",
        href=bucket.href,
        tab=0 if index == (plot.count - 1 if chart.chosen is None else chart.chosen) else -1,
        tip=tip,
        spoken=spoken,
        x=_decimal(index * plot.width),
        w=_decimal(plot.width),
        top=_TOP,
        h=plot.height - _TOP - _FOOT,
        segments=_segments(plot, chart, index),
    )


def _segments(plot: _Plot, chart: BarChart, index: int) -> Markup:
    x, width = (index + _GAP / 2) * plot.width, plot.width * (1 - _GAP)
    drawn: list[Markup] = []
    below = 0
    for series, count in zip(chart.series, chart.buckets[index].counts, strict=True):
        if count:
            # A hair of space parts the layers; the thinnest one stays visible.
            tall = max(plot.y(below) - plot.y(below + count) - (0.75 if below else 0), 1.25)
            drawn.append(
                Markup('<rect class="fh-s-{}" x="{}%" width="{}%" y="{}" height="{}" rx="1"/>').format(
                    series.tone, _decimal(x), _decimal(width), _decimal(plot.y(below + count)), _decimal(tall)
                )
            )
        below += count
    return Markup("").join(drawn)


@dataclass(frozen=True, slots=True)
class Level:
    """A bar of a chart with thresholds: what it spans, its value in words, and whether it crossed one."""

    label: str
    value: float | None
    text: str
    crossed: bool


@dataclass(frozen=True, slots=True)
class ThresholdChart:
    """One series over time, and the values at which something fires: (value, in words)."""

    title: str
    levels: tuple[Level, ...]
    thresholds: tuple[tuple[float, str], ...]
    axis: tuple[AxisLabel, ...] = ()


def threshold_bars(chart: ThresholdChart, height: int = 190) -> Markup:
    """The bars of a series, red where it crossed, with a line for each threshold."""
    highest = max([each.value or 0 for each in chart.levels] + [value for value, _ in chart.thresholds], default=0)
    values = ticks(math.ceil(highest))
    plot = _Plot(height, values[-1], len(chart.levels))
    return Markup(
        '<div class="fh-plot"><svg width="40" height="{h}" aria-hidden="true">{scale}</svg>'
        '<svg width="100%" height="{h}" role="img" aria-label="{title}">{grid}{names}{drawn}{lines}</svg></div>'
    ).format(
        h=height, title=chart.title, scale=Markup("").join(_tick_text(plot, value) for value in values),
        grid=Markup("").join(_grid_line(plot, value) for value in values),
        names=Markup("").join(_axis_text(plot, label) for label in chart.axis),
        drawn=Markup("").join(_level(plot, place, each) for place, each in enumerate(chart.levels)),
        lines=Markup("").join(_threshold_line(plot, value, text) for value, text in chart.thresholds),
    )  # fmt: skip


def _level(plot: _Plot, place: int, level: Level) -> Markup:
    if not level.value:
        return Markup("")
    tall = max(plot.y(0) - plot.y_of(level.value), 1.25)
    return Markup('<rect class="fh-s-{}" x="{}%" width="{}%" y="{}" height="{}"><title>{}: {}</title></rect>').format(
        "failed" if level.crossed else "served", _decimal((place + _GAP / 2) * plot.width),
        _decimal(plot.width * (1 - _GAP)), _decimal(plot.y(0) - tall), _decimal(tall), level.label, level.text,
    )  # fmt: skip


def _threshold_line(plot: _Plot, value: float, text: str) -> Markup:
    y = _decimal(plot.y_of(value))
    return Markup(
        '<line x1="0" x2="100%" y1="{0}" y2="{0}" class="fh-threshold"/>'
        '<text x="100%" y="{0}" dy="-4" text-anchor="end" class="fh-threshold-t">{1}</text>'
    ).format(y, text)


def spark(values: Sequence[int], tone: Tone = "served") -> Markup:
    """A sparkline without axes, beside a figure that says the same in words. Fewer than two values draw a flat line."""
    points = list(values) if len(values) > 1 else [0, 0]
    highest = max(points) or 1
    step = 120 / (len(points) - 1)
    line = "M" + "L".join(
        f"{_decimal(i * step)} {_decimal(29 - max(value, 0) / highest * 26)}" for i, value in enumerate(points)
    )
    return Markup(
        '<svg class="fh-spark fh-sp-{0}" viewBox="0 0 120 30" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="fh-spark-a" d="{1}L120 30L0 30Z"/><path class="fh-spark-l" d="{1}"/></svg>'
    ).format(tone, line)


def meter(part: int, whole: int, tone: Tone = "served") -> Markup:
    """A thin bar of a share. Anything above nothing is visible."""
    share = 0.0 if part <= 0 or whole <= 0 else min(max(part / whole * 100, 0.8), 100)
    return Markup(
        '<svg class="fh-meter" width="100%" height="4" aria-hidden="true"><rect class="fh-m-t" width="100%" height="4" rx="2"/>'
        '<rect class="fh-s-{}" width="{}%" height="4" rx="2"/></svg>'
    ).format(tone, _decimal(share))


def waterfall(begun: int, took: int, whole: int) -> Markup:
    """A step of something that took `whole`: where in it the step began, and how long it took. Always visible."""
    whole = max(whole, 1)
    left = min(begun / whole * 100, 99.2)
    wide = min(max(took / whole * 100, 0.8), 100 - left)
    return Markup(
        '<svg class="fh-meter" width="100%" height="6" aria-hidden="true"><rect class="fh-m-t" width="100%" height="6" rx="2"/>'
        '<rect class="fh-s-served" x="{}%" width="{}%" height="6" rx="2"/></svg>'
    ).format(_decimal(left), _decimal(wide))


def quota_bar(used: int, reserved: int, limit: int) -> Markup:
    """A bar of a quota: what is used, and what gates hold beside it. Anything above nothing is visible."""
    shares = [min(max(part / limit * 100, 0.8), 100) if part > 0 else 0.0 for part in (used, reserved)]
    tone = "full" if used >= limit else "near" if used * 10 >= limit * 9 else "used"
    return Markup(
        '<svg class="fh-meter" width="100%" height="6" aria-hidden="true"><rect class="fh-m-t" width="100%" height="6" rx="3"/>'
        '<rect class="fh-q-reserved" width="{}%" height="6" rx="3"/><rect class="fh-q-{}" width="{}%" height="6" rx="3"/></svg>'
    ).format(_decimal(min(sum(shares), 100)), tone, _decimal(shares[0]))


def ring(done: int, total: int) -> Markup:
    """A ring of `total` pieces, `done` of them filled."""
    around = 2 * math.pi * 17
    piece = around / max(total, 1)
    drawn = Markup("").join(
        Markup('<circle class="{}" cx="21" cy="21" r="17" stroke-dasharray="{} {}" stroke-dashoffset="{}"/>').format(
            "fh-on" if index < done else "fh-off",
            _decimal(max(piece - 3.2, 1)),
            _decimal(around - max(piece - 3.2, 1)),
            _decimal(-index * piece),
        )
        for index in range(total)
    )
    return Markup(
        '<svg class="fh-ring" width="34" height="34" viewBox="0 0 42 42" aria-hidden="true"><g transform="rotate(-90 21 21)">{}</g></svg>'
    ).format(drawn)


def success_columns(buckets: Sequence[Bucket], title: str) -> Markup:
    """How deliveries fared over time: a column a bucket, each a link to what is behind it.

    The counts of a bucket are delivered, failed and pending. A column is as red as its share of failures; one
    in which nothing was sent is a mark on the ground. Arrow keys move between them (charts.js).
    """
    drawn = Markup("").join(_success_column(buckets, index) for index in range(len(buckets)))
    width = max(len(buckets) * _COLUMN_STEP - 2, 1)
    return Markup(
        '<span class="fh-success" data-chart=""><svg width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="group" aria-label="{2}">{3}</svg></span>'
    ).format(width, _COLUMN_HEIGHT, title, drawn)


def _success_column(buckets: Sequence[Bucket], index: int) -> Markup:
    bucket, x = buckets[index], index * _COLUMN_STEP
    told = [(tone, label, count) for (tone, label), count in zip(_FATES, bucket.counts, strict=True)]
    said = [f"{label} {count:,}" for _, label, count in told] if bucket.total else ["Nothing sent"]
    shapes, top = [], float(_COLUMN_HEIGHT)
    for tone, _, count in told:
        if count:
            # Anything above nothing is visible.
            tall = max(count / bucket.total * _COLUMN_HEIGHT, 3)
            top = max(top - tall, 0)
            shapes.append(_column_part(f"fh-s-{tone}", x, top, tall))
    if not shapes:
        shapes.append(_column_part("fh-m-t", x, _COLUMN_HEIGHT - 3, 3))
    return Markup(
        '<a class="fh-bar" href="{href}" tabindex="{tab}" data-tip="{tip}" aria-label="{spoken}">'
        '<rect class="fh-hit" x="{x}" width="{step}" y="0" height="{height}"/>{shapes}</a>'
    ).format(
        href=bucket.href, tab=0 if index == len(buckets) - 1 else -1, x=x - 1, step=_COLUMN_STEP,
        height=_COLUMN_HEIGHT, shapes=Markup("").join(shapes), spoken=", ".join([bucket.label, *said]),
        tip="|".join([bucket.label, *(f"{tone}:{label}:{count:,}" for tone, label, count in told)]),
    )  # fmt: skip


def _column_part(kind: str, x: int, top: float, tall: float) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="5" height="{}" rx="1"/>').format(
        kind, x, _decimal(top), _decimal(tall)
    )


def _decimal(value: float) -> str:
    """A coordinate with at most three decimals, never in scientific notation or as a negative zero."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
