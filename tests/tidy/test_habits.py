"""What README, documents and CI tell people to run is there to be run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_target_that_documents_name_is_in_the_makefile() -> None:
    named = {
        (path.name, target)
        for path in documents()
        for target in re.findall(r"(?:^|`|\$ )make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {target for _, target in named} <= TARGETS, named


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make up" in readme
    assert "make test" in readme


def test_ci_runs_the_readmes_test_command_and_the_checks() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert "make test" in lines
    assert "make check" in lines


def test_every_target_is_explained_and_phony() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert explained == TARGETS
    assert set(phony.split()) == TARGETS


def test_programs_in_scripts_can_be_run() -> None:
    for path in [ROOT / ".ci" / "run", *(ROOT / "scripts").iterdir()]:
        if path.is_file() and path.read_bytes().startswith(b"#!"):
            assert path.stat().st_mode & 0o111, path
