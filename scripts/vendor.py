"""Fetches the vendored files from npm: `make vendor`. Owns dashboard/static/vendor and the fonts of readable reports, whole.

What is served to browsers comes from this folder alone, so the versions are pinned here and every
file is listed in manifest.json with its package, version, licence and SHA-256; a test holds the two
together. It must never name a registry: npm's own configuration says where packages come from.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

FREEHOLD: Final = Path(__file__).parent.parent / "src" / "freehold"
VENDOR: Final = FREEHOLD / "dashboard" / "static" / "vendor"
# What PDFs are set in. Nothing of it is served.
FONTS: Final = FREEHOLD / "reports" / "readable" / "fonts"


class Package(NamedTuple):
    """One npm package: its version and which of its files are kept, under which names."""

    name: str
    version: str
    files: dict[str, str]


LUCIDE: Final = Package("lucide-static", "1.62.0", {"LICENSE": "LICENSE.lucide.txt"})
PACKAGES: Final = (
    Package(
        "basecoat-css",
        "1.0.2",
        {
            "dist/basecoat-nova.cdn.min.css": "basecoat-nova.cdn.min.css",
            "dist/js/all.min.js": "basecoat.all.min.js",
            "LICENSE.md": "LICENSE.basecoat-css.txt",
        },
    ),
    Package(
        "htmx.org",
        "4.0.1",
        {"dist/htmx.min.js": "htmx.min.js", "dist/ext/hx-csp.min.js": "hx-csp.min.js", "LICENSE": "LICENSE.htmx.txt"},
    ),
    Package(
        "@fontsource-variable/geist",
        "5.3.0",
        {
            "files/geist-latin-wght-normal.woff2": "geist-latin.woff2",
            "files/geist-latin-ext-wght-normal.woff2": "geist-latin-ext.woff2",
            "LICENSE": "LICENSE.geist.txt",
        },
    ),
    Package(
        "@fontsource-variable/geist-mono",
        "5.3.0",
        {
            "files/geist-mono-latin-wght-normal.woff2": "geist-mono-latin.woff2",
            "files/geist-mono-latin-ext-wght-normal.woff2": "geist-mono-latin-ext.woff2",
            "LICENSE": "LICENSE.geist-mono.txt",
        },
    ),
    LUCIDE,
)
FONT_PACKAGES: Final = (
    Package(
        "geist",
        "1.9.2",
        {
            "dist/fonts/geist-sans/Geist-Regular.ttf": "Geist-Regular.ttf",
            "dist/fonts/geist-sans/Geist-SemiBold.ttf": "Geist-SemiBold.ttf",
            "LICENSE.txt": "LICENSE.geist.txt",
        },
    ),
)
ICONS: Final = """
activity archive archive-restore arrow-left arrow-right arrow-up-right ban bell book-open box braces building-2 calendar
chart-column check chevron-down chevron-right chevrons-up-down circle-alert circle-check circle-dashed circle-x
clock copy credit-card download ellipsis eye file-down file-text filter flask-conical folder git-compare
git-pull-request-arrow globe inbox info key-round layout-dashboard link list-checks list-filter lock-keyhole log-out mail menu
monitor moon pencil play plus repeat rotate-cw scroll-text search send server settings shield-check square-terminal
sun timer trash-2 triangle-alert undo-2 upload user-minus user-plus user-round users webhook x zap
"""


def main() -> None:
    """Replace the vendored files with those of the pinned packages and write their manifest."""
    with tempfile.TemporaryDirectory() as folder:
        archives = [(package, _fetch(package, Path(folder))) for package in PACKAGES]
        entries = _keep_all(VENDOR, archives)
        _list(VENDOR, [*entries, _icons(archives[-1][1])])
        _list(FONTS, _keep_all(FONTS, [(package, _fetch(package, Path(folder))) for package in FONT_PACKAGES]))


def _keep_all(place: Path, archives: list[tuple[Package, Path]]) -> list[dict[str, Any]]:
    for old in place.glob("*"):
        old.unlink()
    return [entry for package, archive in archives for entry in _keep(place, package, archive)]


def _list(place: Path, entries: list[dict[str, Any]]) -> None:
    text = json.dumps(sorted(entries, key=lambda entry: entry["file"]), indent=2)
    (place / "manifest.json").write_text(text + "\n", encoding="utf-8")


def _fetch(package: Package, folder: Path) -> Path:
    command = ["npm", "pack", f"{package.name}@{package.version}", "--json", "--pack-destination", str(folder)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    described = answer if isinstance(answer, list) else list(answer.values())
    return folder / str(described[0]["filename"]).replace("@", "").replace("/", "-")


def _read(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"package/{name}")
        if member is None:
            raise FileNotFoundError(name)
        return member.read()


def _keep(place: Path, package: Package, archive: Path) -> list[dict[str, Any]]:
    entries = []
    for source, name in package.files.items():
        body = _read(archive, source)
        # A source map would be asked for in vain and show up as an error in the console.
        body = re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", body) if name.endswith(".js") else body
        (place / name).write_bytes(body)
        entries.append(_entry(package, archive, name, body))
    return entries


def _icons(archive: Path) -> dict[str, Any]:
    inner = {name: _inner_svg(_read(archive, f"icons/{name}.svg").decode()) for name in ICONS.split()}
    body = (json.dumps(inner, indent=0, sort_keys=True) + "\n").encode()
    (VENDOR / "icons.json").write_bytes(body)
    return _entry(LUCIDE, archive, "icons.json", body)


def _inner_svg(svg: str) -> str:
    found = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if found is None:
        raise ValueError("an icon file without an svg element")
    return re.sub(r"\s*\n\s*", "", found.group(1))


def _entry(package: Package, archive: Path, name: str, body: bytes) -> dict[str, Any]:
    licence = json.loads(_read(archive, "package.json"))["license"]
    digest = hashlib.sha256(body).hexdigest()
    return {"file": name, "name": package.name, "version": package.version, "licence": licence, "sha256": digest}


if __name__ == "__main__":
    main()
