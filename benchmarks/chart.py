"""Bar charts as plain SVG: no script, no font of their own, legible on light and on dark pages."""

from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.records import Series

_WIDTH: Final = 820
_NAMES: Final = 320
_BARS: Final = 360
_ROW: Final = 34
_TOP: Final = 62
_STYLE: Final = """
  .page { fill: #ffffff; stroke: #d8dde3 } .text { fill: #1c2329 } .soft { fill: #5b6670 }
  .bar { fill: #a9b6c2 } .ours { fill: #0f766e } .whisker { stroke: #1c2329 } .axis { stroke: #d8dde3 }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif } .title { font-size: 16px; font-weight: 600 }
  .soft { font-size: 12px } .value { font-variant-numeric: tabular-nums }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14191d; stroke: #303a42 } .text { fill: #e6eaed } .soft { fill: #9aa7b1 }
    .bar { fill: #56636e } .ours { fill: #2dd4bf } .whisker { stroke: #e6eaed } .axis { stroke: #303a42 }
  }
"""


def bars(title: str, subtitle: str, series: Sequence[Series]) -> str:
    """One bar a series at its median, with a whisker from the least to the most of its rounds; a scale a unit."""
    most = {
        unit: max(max(each.values) for each in series if each.unit == unit) for unit in {each.unit for each in series}
    }
    height = _TOP + _ROW * len(series) + 14
    said = escape(f"{title}: {'; '.join(_said(each) for each in series)}")
    rows = [_row(each, _TOP + _ROW * number, most[each.unit]) for number, each in enumerate(series)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{said}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
            f'<text class="text title" x="20" y="29">{escape(title)}</text>',
            f'<text class="soft" x="20" y="48">{escape(subtitle)}</text>',
            f'<path class="axis" d="M{_NAMES} {_TOP - 4}V{height - 12}"/>',
            *rows,
            "</svg>\n",
        ]
    )


def number(value: float) -> str:
    """A figure with as many digits as it deserves: 83,120 · 412 · 3.42 · 0.631."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 1 or value == 0 else f"{value:.2f}"


def _said(series: Series) -> str:
    return f"{series.name} {number(series.median)} {series.unit}"


def _row(series: Series, y: int, most: float) -> str:
    middle, scale = y + _ROW / 2, _BARS / most
    low, high = _NAMES + min(series.values) * scale, _NAMES + max(series.values) * scale
    name = series.name if len(series.name) <= 46 else series.name[:45] + "…"
    shown = name.replace("`", "")
    kind, length = "ours" if series.ours else "bar", max(1.0, series.median * scale)

    value = f'{number(series.median)} <tspan class="soft">{escape(series.unit)}</tspan>'

    def end(x: float) -> str:
        return f"M{x:.1f} {middle - 4:.1f}v8"

    return "".join(
        [
            f'<text class="text" x="{_NAMES - 10}" y="{middle + 4:.1f}" text-anchor="end">{escape(shown)}</text>',
            f'<rect class="{kind}" x="{_NAMES}" y="{middle - 9:.1f}" width="{length:.1f}" height="18" rx="2"/>',
            f'<path class="whisker" d="M{low:.1f} {middle:.1f}H{high:.1f}{end(low)}{end(high)}"/>',
            f'<text class="text value" x="{high + 10:.1f}" y="{middle + 4:.1f}">{value}</text>',
        ]
    )
