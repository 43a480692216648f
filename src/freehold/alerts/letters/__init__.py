"""Letters: firings as e-mails, in text and in HTML, from the templates beside this module.

Everything that a person typed is escaped in the HTML, and neither form holds anything secret: mails lie in other
people's servers.
"""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from freehold.alerts.notices import Letter, Told, Voice
from freehold.kit import clock
from freehold.settings import Settings

_OPENING: Final = {"opened": "Alert", "resolved": "Resolved", "test": "Test"}
_texts: Final = Environment(
    loader=PackageLoader("freehold.alerts.letters", "."), undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, keep_trailing_newline=True, autoescape=select_autoescape(("html.j2",)),
)  # fmt: skip


def write_letter(told: Told) -> Letter:
    """What is told, as an e-mail."""
    subject = f"{_OPENING[told.event]} ({told.severity}): {told.rule_name} · {told.project_name}, {told.environment}"
    given = {"told": told, "at": clock.to_words(told.at)}
    return Letter(
        subject,
        _texts.get_template("firing.txt.j2").render(given),
        _texts.get_template("firing.html.j2").render(given),
    )


def voice_of(settings: Settings) -> Voice:
    """How this instance tells of firings."""
    return Voice(settings.control_url, write_letter)
