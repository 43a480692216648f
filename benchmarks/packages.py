"""Key packages that one installs into an API: Django's, two of FastAPI, better-auth, LiteLLM's proxy, and FastAPI by hand.

Each runs on the quickest server that was found for it, one worker on one core, with rate limits so wide that none is met.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.asked import request, write_requests
from benchmarks.contest import Contestant
from benchmarks.plan import BUILD, KEYS, CannotMeasure
from benchmarks.processes import free_port, server, status_of

_PEERS: Final = Path(__file__).with_name("peers")
_PATH: Final = "/v1/countries/NO"


def _program(peer: str, name: str) -> Path:
    found = BUILD / peer / "bin" / name
    if not found.exists():
        raise CannotMeasure(f"{peer} is not installed: make bench-peers")
    return found


@contextmanager
def fastapi_by_hand(folder: Path, core: int) -> Iterator[Contestant]:
    """What one writes by hand, all in memory."""
    keys = [f"sk_{number:040d}" for number in range(KEYS)]
    with _uvicorn(folder, core, "fastapi_by_hand", keys) as (url, pid):
        headers = [{"Authorization": f"Bearer {key}"} for key in keys]
        yield _contestant(f"FastAPI by hand, in memory, {KEYS:,} keys", url + _PATH, pid, folder, headers)


@contextmanager
def fastapi_key_auth(folder: Path, core: int, count: int) -> Iterator[Contestant]:
    """fastapi-key-auth, which looks for the key among the environment's variables, one by one."""
    environment = {f"API_KEY_{number}": f"sk_{number:040d}" for number in range(count)}
    with _uvicorn(folder, core, "fastapi_key_auth_app", [], environment) as (url, pid):
        name = f"fastapi-key-auth, {count:,} key{'s' if count > 1 else ''}"
        yield _contestant(name, url + _PATH, pid, folder, [{"X-Api-Key": key} for key in environment.values()])


@contextmanager
def fastapi_simple_security(folder: Path, core: int) -> Iterator[Contestant]:
    """fastapi-simple-security on its SQLite file."""
    environment = {"FASTAPI_SIMPLE_SECURITY_DB_LOCATION": str(folder / "keys.db"), "BENCH_COUNT": str(KEYS)}
    with _uvicorn(folder, core, "fastapi_simple_security_app", [], environment) as (url, pid):
        headers = [{"Api-Key": key} for key in (folder / "keys").read_text().split()]
        yield _contestant(f"fastapi-simple-security, {KEYS:,} keys", url + _PATH, pid, folder, headers)


@contextmanager
def django(folder: Path, core: int) -> Iterator[Contestant]:
    """djangorestframework-api-key on SQLite, under granian."""
    folder.mkdir()
    port = free_port()
    environment = {
        "BENCH_KEYS": str(folder / "keys"), "BENCH_DATABASE": str(folder / "django.db"), "BENCH_COUNT": str(KEYS),
    }  # fmt: skip
    command: list[str | Path] = [_program("django", "granian"), "--interface", "wsgi", "--port", str(port)]
    command += [
        "--workers",
        "1",
        "--blocking-threads",
        "1",
        "--no-ws",
        "--log-level",
        "error",
        "django_app:application",
    ]
    with server(command, core=core, port=port, log=folder / "log", cwd=_PEERS / "apps", environment=environment) as pid:
        url = f"http://127.0.0.1:{port}{_PATH}"
        headers = [{"Authorization": f"Api-Key {key}"} for key in _keys(folder, url)]
        yield _contestant(f"djangorestframework-api-key, {KEYS:,} keys", url, pid, folder, headers)


@contextmanager
def better_auth(folder: Path, core: int, store: str) -> Iterator[Contestant]:
    """better-auth's API-key plugin on Node's HTTP server, with SQLite or in memory."""
    home, node = BUILD / "better-auth", shutil.which("node")
    if node is None or not (home / "installed.lock").exists():
        raise CannotMeasure("better-auth is not installed (it needs Node 20 and npm): make bench-peers")
    folder.mkdir()
    # Node looks for packages where the program is.
    program = shutil.copy(_PEERS / "better-auth" / "server.mjs", home / "server.mjs")
    port = free_port()
    command = [node, program, str(port), store, str(KEYS), str(folder / "keys")]
    environment = {"NODE_ENV": "production"}
    with server(command, core=core, port=port, log=folder / "log", cwd=folder, environment=environment) as pid:
        headers = [{"X-Api-Key": key} for key in (folder / "keys").read_text().split()]
        url = f"http://127.0.0.1:{port}/"
        yield _contestant(f"better-auth, {store}, {KEYS:,} keys", url, pid, folder, headers)


@contextmanager
def litellm(folder: Path, core: int) -> Iterator[Contestant]:
    """The LiteLLM proxy's check of its master key, in front of its list of models."""
    folder.mkdir()
    port = free_port()
    command: list[str | Path] = [
        _program("litellm", "litellm"),
        "--config",
        _PEERS / "litellm.yaml",
        "--host",
        "127.0.0.1",
    ]
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "LITELLM_LOG": "CRITICAL"}
    command += ["--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    with server(command, core=core, port=port, log=folder / "log", cwd=folder, environment=environment) as pid:
        headers = [{"Authorization": "Bearer sk-benchmark-master-key"}]
        yield _contestant("LiteLLM proxy, master key alone", f"http://127.0.0.1:{port}/v1/models", pid, folder, headers)


@contextmanager
def _uvicorn(
    folder: Path, core: int, app: str, keys: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    folder.mkdir()
    (folder / "keys").write_text("\n".join(keys))
    port = free_port()
    command: list[str | Path] = [_program("fastapi", "uvicorn"), f"{app}:app", "--port", str(port), "--loop", "uvloop"]
    command += ["--http", "httptools", "--no-access-log", "--log-level", "error"]
    given = {"BENCH_KEYS": str(folder / "keys"), **(environment or {})}
    with server(command, core=core, port=port, log=folder / "log", cwd=_PEERS / "apps", environment=given) as pid:
        yield f"http://127.0.0.1:{port}", pid


def _keys(folder: Path, url: str) -> list[str]:
    """The keys that a server made at its first start; it answers once they are there."""
    status_of(url)
    return (folder / "keys").read_text().split()


def _contestant(name: str, url: str, pid: int, folder: Path, headers: Sequence[dict[str, str]]) -> Contestant:
    field, key = next(iter(headers[0].items()))
    wrong = {field: key[:-4] + "zzzz"}

    def check() -> None:
        statuses = [status_of(url, each)[0] for each in (headers[0], headers[-1], wrong, {})]
        if statuses[:2] != [200, 200] or min(statuses[2:]) < 400:
            raise CannotMeasure(f"{name} answers {statuses}: a right key should pass, a wrong one and none should not.")

    path = "/" + url.split("/", 3)[3]
    asked = write_requests(folder / "requests", (request("GET", path, each) for each in headers))
    return Contestant(name, url, (pid,), check, asked)
