"""JSON Pointers (RFC 6901), by which items, fields and bindings of a shape are named. Pure."""

from collections.abc import Iterable


def pointer(*tokens: str) -> str:
    """The pointer of some reference tokens: `~` and `/` in them are escaped (section 3)."""
    return "/" + "/".join([token.replace("~", "~0").replace("/", "~1") for token in tokens]) if tokens else ""


def tokens_of(text: str) -> tuple[str, ...]:
    """The reference tokens of a pointer, unescaped (section 4); ValueError where it is none."""
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is not a JSON Pointer: it does not begin with /")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def sorted_pointers(pointers: Iterable[str]) -> list[str]:
    """Pointers in the order of their tokens, so that what belongs together stands together."""
    return sorted(pointers, key=tokens_of)
