"""The directions between rooms hold: the contracts of pyproject.toml, as `make check` runs them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_go_one_way() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_gate_loads_no_web_framework() -> None:
    program = "import sys, freehold.gate.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"litestar", "uvicorn", "jinja2", "alembic", "aiohttp"}


def test_asking_for_help_loads_no_server() -> None:
    program = (
        "import sys\nfrom freehold.cli.root import freehold\n"
        "freehold(['--help'], standalone_mode=False)\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert not loaded & {"litestar", "sqlalchemy", "httpx", "msgspec", "uvicorn"}
