"""What is installed is pinned, hashed, allowed by pyproject.toml, explained, and named by no index's address."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = ["server", "dev", "build"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")


def pins(name: str) -> dict[str, Version]:
    found = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", lock(name), re.MULTILINE | re.IGNORECASE)
    return {plain(package): Version(version) for package, version in found}


def plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def wanted(name: str) -> list[str]:
    own: list[str] = PROJECT["project"]["dependencies"]
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    if name == "build":
        return list(PROJECT["build-system"]["requires"])
    return own + extras["server"] + (extras["dev"] if name == "dev" else [])


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address_or_path(name: str) -> None:
    for line in lock(name).splitlines():
        assert not re.match(r"\s*(-i|-f|-e|--index|--extra|--find|--trusted)", line), line
        assert "://" not in line
        assert " @ " not in line


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", lock(name))
    pinned = [block for block in blocks if "==" in block.partition("\n")[0]]
    assert pinned
    for block in pinned:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.partition("\n")[0]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_what_pyproject_asks_for(name: str) -> None:
    pinned = pins(name)
    for text in wanted(name):
        requirement = Requirement(text)
        assert pinned[plain(requirement.name)] in requirement.specifier, f"{text}: run make lock"


def test_development_and_server_pin_the_same() -> None:
    development = pins("dev")
    assert {package: development[package] for package in pins("server")} == pins("server")


def test_every_dependency_says_why_it_is_there() -> None:
    lists = re.findall(
        r"^(?:dependencies|server|dev) = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(lists) == 3
    for line in "".join(lists).splitlines():
        assert re.fullmatch(r'  "[^"]+",\s*# \S.+', line), line
