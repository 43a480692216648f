"""What no file of the tree may hold: this or that machine's paths, empty names, unfinished business."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Files of others, kept as they came.
VENDORED = ("src/freehold/dashboard/static/vendor/", "LICENSE")

FORBIDDEN = {
    "a machine's path": r"(?<![\w.~:/-])/(?:work|root|home/\w+|opt/pypi|Users/\w+)(?:/|\b)",
    "an index's address": r"(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org)/(?:simple|packages)",
    "unfinished business": r"\b(?:TODO|FIXME|XXX|HACK)\b",
    "a path of the workplace": r"\.\./shared\b|(?<![\w/])shared/(?:mock|product|api|architecture|ui|performance)\b",
    "a tool of the workplace": r"\bfarm-(?:bench|studio)\b|\bissues (?:show|close)\b",
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "service", "base", "misc"}


def tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [path for path in listed if path and not path.startswith(VENDORED) and (ROOT / path).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content and path != str(Path(__file__).relative_to(ROOT)):
            yield path, content.decode()


@pytest.mark.parametrize("what", list(FORBIDDEN))
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{what} in:\n" + "\n".join(found)


def test_the_patterns_find_what_they_are_for() -> None:
    samples = {
        "a machine's path": "cd /work/main",
        "an index's address": "https://pypi.org/simple",
        "unfinished business": "# TODO: later",
        "a path of the workplace": "see ../shared/api.md",
        "a tool of the workplace": "run issues show 2",
    }
    assert {what for what, sample in samples.items() if re.search(FORBIDDEN[what], sample)} == set(FORBIDDEN)


def test_no_module_has_an_empty_name() -> None:
    assert [path for path in tracked() if path.endswith(".py") and Path(path).stem in EMPTY_NAMES] == []
    assert [path for path in tracked() if EMPTY_NAMES & set(Path(path).parts[:-1])] == []
