"""Each receiver of docs/webhook-receivers.md, taken from the page and run as it stands there, passes the webhook check."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import check_actions, checking
from tests.ports import free_port
from tests.receivers import node_packages
from tests.webhooks.world import World, make_world

PAGE: Final = (Path(__file__).parents[2] / "docs" / "webhook-receivers.md").read_text("utf-8")
SNIPPETS: Final = dict(re.findall(r"^```\w+ title=(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
_STARTS_S: Final = 60
# How each is started beside what the page says: Django's needs a site around it.
PYTHON: Final = {
    "fastapi_receiver.py": "import uvicorn, fastapi_receiver as r; uvicorn.run(r.app, port=PORT, log_level='warning')",
    "flask_receiver.py": "import flask_receiver as r; r.app.run(port=PORT)",
    "django_receiver.py": (
        "from django.conf import settings\n"
        "settings.configure(ROOT_URLCONF='django_receiver', ALLOWED_HOSTS=['127.0.0.1'], SECRET_KEY='x', MIDDLEWARE="
        "['django.middleware.security.SecurityMiddleware', 'django.middleware.csrf.CsrfViewMiddleware'])\n"
        "from django.core.wsgi import get_wsgi_application\n"
        "from wsgiref.simple_server import make_server\n"
        "make_server('127.0.0.1', PORT, get_wsgi_application()).serve_forever()"
    ),
}


@pytest.fixture
def world(sqlite_store: Store, secret: InstanceSecret) -> World:
    return make_world(sqlite_store, Settings(), secret)


@contextlib.contextmanager
def running(command: list[str], folder: Path, port: int, variables: dict[str, str]) -> Iterator[None]:
    """A receiver in a process of its own, once it takes connections."""
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + _STARTS_S
            while not _answers(port):
                said = (folder / "output.txt").read_text("utf-8", "replace")
                assert process.poll() is None, said
                assert time.monotonic() < until, said
                time.sleep(0.02)
            yield
        finally:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def require_passed(world: World, endpoint_id: str) -> None:
    begun, thread = checking.start_check(world.store, world.settings, world.secret, world.owner, endpoint_id)
    thread.join()
    with world.store.read() as tx:
        found = check_actions.read_check(tx, world.owner, begun.id)
    assert [(each.probe, each.passed) for each in found.probes] == [
        ("signed", True), ("forged", True), ("stale", True), ("repeated", True),
    ], found  # fmt: skip
    assert found.state == "passed"


def test_every_receiver_of_the_page_is_run() -> None:
    assert set(SNIPPETS) == {*PYTHON, "express_receiver.mjs"}
    assert PAGE.count("\n```python") + PAGE.count("\n```js") == len(SNIPPETS)


@pytest.mark.parametrize("name", PYTHON)
def test_a_receiver_in_python(world: World, tmp_path: Path, name: str) -> None:
    port = free_port()
    made = world.add_endpoint(f"http://127.0.0.1:{port}/webhooks/freehold")
    (tmp_path / name).write_text(SNIPPETS[name])
    start = f"import sys; sys.path.insert(0, '.')\n{PYTHON[name].replace('PORT', str(port))}"
    variables = {**os.environ, "FREEHOLD_WEBHOOK_SECRET": made.text}
    with running([sys.executable, "-c", start], tmp_path, port, variables):
        require_passed(world, made.endpoint.id)


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_a_receiver_in_node(world: World, tmp_path: Path, library: str) -> None:
    assert f'import {{ Webhook }} from "{library}";' in PAGE
    text = SNIPPETS["express_receiver.mjs"].replace('"standardwebhooks"', f'"{library}"')
    assert f'from "{library}"' in text
    (tmp_path / "express_receiver.mjs").write_text(text)
    (tmp_path / "node_modules").symlink_to(node_packages.installed() / "node_modules")
    port = free_port()
    made = world.add_endpoint(f"http://127.0.0.1:{port}/webhooks/freehold")
    variables = node_packages.environment(FREEHOLD_WEBHOOK_SECRET=made.text, PORT=str(port))
    command = [str(node_packages.node()), "--preserve-symlinks", "express_receiver.mjs"]
    with running(command, tmp_path, port, variables):
        require_passed(world, made.endpoint.id)
