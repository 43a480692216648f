"""`pip install freehold` gives the SDK and the command line, and needs nothing of the server's.

The wheel is built for real, and run in a folder with nothing beside it but what its metadata asks for
without an extra: as an environment would be that was made for it.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked in it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=source, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def base_requirements(site: Path) -> list[Requirement]:
    """What the wheel asks for without an extra."""
    [dist_info] = site.glob("*.dist-info")
    lines = re.findall(r"^Requires-Dist: (.*)$", (dist_info / "METADATA").read_text("utf-8"), re.MULTILINE)
    return [each for each in map(Requirement, lines) if each.marker is None or each.marker.evaluate({"extra": ""})]


def with_all_that_they_need(requirements: list[Requirement]) -> Iterator[str]:
    """The names of distributions and of those that they ask for themselves."""
    seen: set[str] = set()
    waiting = [each.name for each in requirements]
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        yield name
        inner = map(Requirement, metadata.requires(name) or ())
        waiting += [each.name for each in inner if each.marker is None or each.marker.evaluate({"extra": ""})]


@pytest.fixture(scope="module")
def environment(site: Path) -> Path:
    """A folder with the wheel and its base dependencies, and nothing else."""
    for name in with_all_that_they_need(base_requirements(site)):
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(distribution.locate_file(top))))
    return site


def run(environment: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program where nothing else is installed."""
    head = f"import sys; sys.path.insert(0, {str(environment)!r})\n"
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", head + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=environment)


def test_the_base_asks_for_three_packages(site: Path) -> None:
    assert {each.name for each in base_requirements(site)} == {"click", "httpx", "msgspec"}


def test_the_sdk_runs_without_the_server(environment: Path) -> None:
    program = """
import freehold
assert freehold.__file__.startswith(SITE_HERE), freehold.__file__
import asyncio
from freehold.sdk import AsyncFreehold, Freehold, NotReached, Retries
from freehold.sdk.models import Project
with Freehold("http://127.0.0.1:1", "fhp_x", retries=Retries(attempts=1)) as client:
    try:
        client.me()
    except NotReached:
        print("sync", end=" ")
async def main():
    async with AsyncFreehold("http://127.0.0.1:1", "fhp_x", retries=Retries(attempts=1)) as client:
        try:
            await client.me()
        except NotReached:
            print("async")
asyncio.run(main())
"""
    done = run(environment, program.replace("SITE_HERE", repr(str(environment))))
    assert (done.returncode, done.stdout) == (0, "sync async\n"), done.stderr


def test_every_module_of_the_sdk_can_be_imported(environment: Path) -> None:
    program = """
import importlib, pkgutil
import freehold.sdk
for found in pkgutil.walk_packages(freehold.sdk.__path__, "freehold.sdk."):
    try:
        importlib.import_module(found.name)
    except ModuleNotFoundError as error:
        # The glue of a framework is of use where the framework is.
        assert error.name.partition(".")[0] in ("django", "fastapi", "flask", "litestar", "starlette"), error
"""
    done = run(environment, program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["sqlalchemy", "litestar", "freehold.app", "freehold.gate.worker"])
def test_the_server_is_not_there(environment: Path, module: str) -> None:
    done = run(environment, f"import {module}")
    assert done.returncode == 1
    assert "ModuleNotFoundError: No module named" in done.stderr


def test_the_command_line_says_what_the_server_needs(environment: Path) -> None:
    call = "from freehold.cli import main\nsys.argv = ['freehold', {!r}]\nmain()"
    helped = run(environment, call.format("--help"))
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "projects" in helped.stdout
    up = run(environment, call.format("up"))
    assert up.returncode != 0
    assert "pip install 'freehold[server]'" in up.stderr
    assert "Traceback" not in up.stderr


def test_types_and_templates_are_in_the_wheel(site: Path) -> None:
    assert (site / "freehold" / "py.typed").is_file()
    assert list((site / "freehold" / "dashboard").rglob("*.j2"))
    assert not list(site.rglob("test_*.py"))
