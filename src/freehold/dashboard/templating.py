"""Turns a view model into HTML. Everything that a person typed is escaped; a missing value is an error.

A page is `render_page(template, shell, view)`; one block of it, for htmx, is `render_part`. Both put
the same things before the template: `shell` (who, where), `view` (what), `csrf_token` and `nonce`.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from markupsafe import Markup

from freehold.dashboard import charts, code, words
from freehold.dashboard.static_files import icons, static_url
from freehold.dashboard.views.shell import Shell

TEMPLATES: Final = Path(__file__).parent / "templates"


def render_page(template: str, shell: Shell, view: Any) -> str:
    """A whole page. `template` is a path below templates/, such as `keys/list.html.j2`."""
    return environment().get_template(template).render(_context(shell, view))


def render_part(template: str, block: str, shell: Shell, view: Any) -> str:
    """One named block of a page: what htmx swaps in, or what a live event carries."""
    return render_block(environment(), template, block, _context(shell, view))


@lru_cache(maxsize=1024)
def icon(name: str, size: int = 16, kind: str = "") -> Markup:
    """An inlined Lucide icon, hidden from assistive technology: the words beside it say what it means."""
    return Markup(
        '<svg class="fh-ico{}" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
    ).format(f" {kind}" if kind else "", size, size, Markup(icons()[name]))  # noqa: S704 - vendored, checksummed SVG


@cache
def environment() -> Environment:
    """The one Jinja environment; its macros are globals, so that a block can be rendered alone."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals.update(
        icon=icon,
        static_url=static_url,
        bars=charts.bars,
        spark=charts.spark,
        meter=charts.meter,
        waterfall=charts.waterfall,
        quota_bar=charts.quota_bar,
        ring=charts.ring,
        success_columns=charts.success_columns,
        threshold_bars=charts.threshold_bars,
    )
    for filter_name in (
        "number",
        "plural",
        "rfc3339",
        "moment",
        "second",
        "day",
        "clock_time",
        "logged",
        "ago",
        "span",
        "recent",
        "milliseconds",
        "initials",
        "listing",
    ):
        jinja.filters[filter_name] = getattr(words, filter_name)
    jinja.globals.update(percent=words.percent, rate=words.rate)
    jinja.filters.update(highlight=code.highlight, pretty_json=code.pretty_json)
    for name in ("ui", "form", "chart", "limits"):
        jinja.globals[name] = jinja.get_template(f"macros/{name}.html.j2").module
    return jinja


def _context(shell: Shell, view: Any) -> dict[str, Any]:
    return {"shell": shell, "view": view, "csrf_token": shell.csrf_token, "nonce": shell.nonce}
