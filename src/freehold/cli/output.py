"""What commands print: the API's JSON as it came, or tables and facts for a person to read.

Everything from outside is made printable first: no text of another's can steer the terminal.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import click

_GAP: Final = "  "


def print_json(value: Any) -> None:
    """A JSON value, indented."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def printable_json(value: Any) -> str:
    """A JSON value, indented, with everything escaped that is no plain character."""
    return json.dumps(value, indent=2)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """Rows under their columns' names; the sentence `empty` where there are none. Numbers stand right."""
    if not rows:
        click.echo(empty)
        return
    cells = [[text_of(cell) for cell in row] for row in rows]
    widths = [max(len(name), *(len(row[place]) for row in cells)) for place, name in enumerate(columns)]
    right = [_is_numeric([row[place] for row in rows]) for place in range(len(columns))]
    click.secho(_line([name.upper() for name in columns], widths, right), bold=True)
    for row in cells:
        click.echo(_line(row, widths, right))


def print_facts(facts: Mapping[str, Any]) -> None:
    """Names and values, one a line; those without a value are left out."""
    shown = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        click.echo(f"{click.style(name.ljust(width), bold=True)}{_GAP}{text_of(value)}")


def print_secret(title: str, secret: str) -> None:
    """A secret that is shown this once."""
    click.echo(f"{click.style(title, bold=True)} (shown this once, keep it now)\n\n  {printable(secret)}\n")


def text_of(value: Any) -> str:
    """A JSON value as a person reads it: lists with commas, times to the second, nothing as a dash."""
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(text_of(item) for item in value)
        case dict():
            return ", ".join(f"{name}: {text_of(item)}" for name, item in value.items())
        case str():
            return printable(_time(value) or value)
        case _:
            return str(value)


def printable(text: str) -> str:
    """A text without control characters."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_numeric(cells: Sequence[Any]) -> bool:
    return all(isinstance(cell, int | float | None) for cell in cells) and any(cell is not None for cell in cells)


def _time(text: str) -> str | None:
    if len(text) < 20 or text[4:5] != "-" or text[10:11] != "T" or not text.endswith("Z"):
        return None
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return None


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _limit_text(limit: Mapping[str, Any]) -> str:
    # What `explain` cannot know of a limit, it says by its `known_at`; what a decision left is known.
    unknown = " (not known here, taken as whole)" if limit.get("known_at", "known") is None else ""
    return f"{limit['name']}: {limit['remaining']} of {limit['limit']} left{unknown}"


def print_explanation(outcome: str, explanation: Mapping[str, Any]) -> None:
    """Why a decision came out as it did, and what must change for another one."""
    limits = [_limit_text(each) for each in explanation.get("limits") or []]
    print_facts(
        {
            "Outcome": outcome,
            "Decided by": explanation.get("rule_words") or explanation.get("rule"),
            "Meaning": explanation.get("meaning"),
            "What to do": explanation.get("remedy"),
            "Limits": limits,
        }
    )
