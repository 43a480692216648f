"""How a person's name and address are found in what was written, and what stands in their place. Pure.

An address is found wherever it stands by itself, in any case. A name of several words too; a name of one word could be
anybody's, so it is replaced only where it is all that is said.
"""

import html
import json
import re
from typing import Final
from urllib.parse import quote

from freehold.keeping.records import Named

_TELLING_MIN: Final = 5
# `.invalid` is nobody's for good (RFC 2606, section 2).
_NOWHERE: Final = "deleted.invalid"
_TAIL: Final = 10


def pseudonym_of(user_id: str) -> Named:
    """Who somebody is once they were deleted: always the same for an id, and nothing that they were called."""
    tail = user_id[-_TAIL:]
    return Named(f"deleted-{tail}@{_NOWHERE}", f"Deleted person {tail}")


def is_telling(name: str) -> bool:
    """Whether a name can be looked for inside of other text: several words."""
    return " " in name and len(name) >= _TELLING_MIN


def spellings(text: str) -> tuple[str, ...]:
    """A text as JSON, HTML and addresses write it, and as it is."""
    forms = (text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1], html.escape(text),
             text.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;"),
             quote(text, safe=""), quote(text))  # fmt: skip
    return tuple(dict.fromkeys(forms))


class Finder:
    """Finds one person in texts, and puts another name in their place."""

    def __init__(self, person: Named, instead: Named) -> None:
        self._person, self._instead = person, instead
        self.emails = spellings(person.email)
        self.names = spellings(person.name)
        self._email = re.compile(rf"(?<![\w.+-])(?:{_any(self.emails)})(?![\w-]|\.\w)", re.IGNORECASE)
        self._name = re.compile(rf"(?<!\w)(?:{_any(self.names)})(?!\w)") if is_telling(person.name) else None
        self._alone = re.compile(rf'^(?:{_any(self.names)})$|(?<=")(?:{_any(self.names)})(?=")')

    def replaced(self, text: str) -> str:
        """A text with nothing of the person in it."""
        text = self._email.sub(self._instead.email, text)
        return (self._name or self._alone).sub(self._instead.name, text)


def _any(texts: tuple[str, ...]) -> str:
    return "|".join(re.escape(each) for each in sorted(texts, key=len, reverse=True))
