"""A stranger's S3 server (moto) on loopback, in a process of its own, and the environment that leads to it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from tests.ports import free_port

BUCKET: Final = "reports-bucket"
SECRET: Final = "not-to-be-logged"
_PATIENCE_S: Final = 60.0


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """The server with one bucket; the environment of whoever speaks to it."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={**os.environ, "AWS_ACCESS_KEY_ID": "reports"}, **quiet) as process:  # type: ignore[call-overload]
        try:
            url = f"http://127.0.0.1:{port}"
            _make_bucket(url)
            yield environment(url)
        finally:
            process.kill()


def environment(url: str) -> dict[str, str]:
    """What leads obstore to a server, with credentials that no message may show."""
    return {
        "AWS_ACCESS_KEY_ID": "reports", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }  # fmt: skip


def _make_bucket(url: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            httpx.put(f"{url}/{BUCKET}", timeout=10).raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
