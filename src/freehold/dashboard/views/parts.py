"""Records that several pages show: the next step, checks with evidence, activity, snippets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Tone = Literal["", "ok", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A text that leads somewhere."""

    label: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What has to be done first, and where."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The one thing to do now: the page's only filled button. `action` is the API's code for it."""

    action: str
    title: str
    detail: str
    button: str
    href: str
    icon: str = "arrow-right"
    also: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is done or not, with the request, delivery or person that proves it."""

    done: bool
    title: str
    detail: str
    evidence: Link | None = None
    at: datetime | None = None
    fix: Link | None = None
    fix_icon: str = "arrow-right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One line of what happened: who did what to what."""

    who: str
    what: str
    subject: str
    href: str
    at: datetime
    icon: str = "activity"
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A call, ready to be pasted. `language` is `curl`, `Python` or `Node`."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter of a list: a field of the form, with what can be picked."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One filter, of which several values can be picked at once; `values` are those that are.

    `negated`: the values are left out instead. `typed`: what the field shows in which one more can be typed; empty for none.
    """

    name: str
    label: str
    values: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]
    negated: bool = False
    typed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One value that is filtered by; `href` is the same view without it, `turn_href` with this filter turned round."""

    name: str
    value: str
    href: str
    negated: bool
    turn_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The way on in a list: addresses of the next page, of the one before, and back to the first one, or None."""

    older: str | None = None
    newest: str | None = None
    newer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """A dangerous act: each consequence in a sentence, and the name that must be typed to confirm it."""

    consequences: tuple[str, ...]
    name: str
    blocked: str | None = None
