"""The files that browsers fetch: read once, named by what they hold, served to be kept for ever.

The address of a file carries one digest of the whole folder, `/static/<digest>/<name>`, so that any
change gives new addresses and a relative URL inside a style sheet still finds its font. `fh.css`
and `fh.js` are written in parts, by what they style or do, and joined here.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "static"
# The order is the cascade's: what comes later wins at equal weight.
STYLES: Final = ("tokens", "shell", "parts", "forms", "charts", "pages", "narrow")
SCRIPTS: Final = ("copy", "times", "menus", "charts", "secrets", "tail", "requests", "fragment", "live", "jump")
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent: `etag` with its quotes, and how long it may be kept."""

    body: bytes
    content_type: str
    etag: str
    cache_control: str


def static_url(name: str) -> str:
    """The address of a file by its name (`fh.css`); KeyError where there is none, so that a page fails in the tests."""
    if name not in _contents():
        raise KeyError(name)
    return f"/static/{_digest()}/{name}"


def static_file(path: str) -> StaticFile | None:
    """The file behind `<digest>/<name>`, the part after `/static/`; None where there is none.

    An address of another release gets today's file, not to be kept: a page that was open during an
    update goes on working.
    """
    digest, _, name = path.partition("/")
    body = _contents().get(name)
    if body is None:
        return None
    current = digest == _digest()
    keep = "public, max-age=31536000, immutable" if current else "no-cache"
    return StaticFile(body, _TYPES[Path(name).suffix], f'"{_sha256(body)[:32]}"', keep)


@cache
def icons() -> dict[str, str]:
    """The inside of each icon's SVG element, by Lucide's name."""
    icons: dict[str, str] = json.loads(_contents()["vendor/icons.json"])
    return icons


def manifest() -> list[dict[str, Any]]:
    """What is vendored: file, package, version, licence, SHA-256."""
    entries: list[dict[str, Any]] = json.loads(_contents()["vendor/manifest.json"])
    return entries


@cache
def _contents() -> dict[str, bytes]:
    files = {
        str(path.relative_to(FOLDER).as_posix()): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }
    files["fh.css"] = b"\n".join(files.pop(f"css/{part}.css") for part in STYLES)
    files["fh.js"] = b"\n".join(files.pop(f"js/{part}.js") for part in SCRIPTS)
    return files


@cache
def _digest() -> str:
    whole = "".join(f"{name} {_sha256(body)}\n" for name, body in sorted(_contents().items()))
    return _sha256(whole.encode())[:16]


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
