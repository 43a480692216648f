"""Snippets and JSON with their strings, names and numbers marked for the eye. Pure.

Everything is escaped here, token by token, before it is marked: what a person or a stranger's
server sent can never become markup.
"""

import json
import re
from typing import Any, Final

from markupsafe import Markup, escape

_TOKENS: Final = re.compile(
    r"""(?P<name>"(?:[^"\\\n]|\\.)*"(?=\s*:\s))|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<word>^(?:curl|import|from|const|freehold)\b)|(?P<number>(?<![\w.:/-])-?\d+(?:\.\d+)?(?![\w.-]))""",
    re.MULTILINE,
)
_CLASSES: Final = {"name": "fh-c-k", "text": "fh-c-s", "word": "fh-c-f", "number": "fh-c-n"}


def highlight(text: str) -> Markup:
    """A snippet as HTML, its tokens in spans."""
    parts: list[Markup] = []
    end = 0
    for found in _TOKENS.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<span class="{}">{}</span>').format(_CLASSES[found.lastgroup or ""], found.group()))
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def pretty_json(text: str) -> str:
    """A JSON text with its members on lines of their own, or the text as it is where it is no JSON."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    return json.dumps(value, indent=2, ensure_ascii=False)
