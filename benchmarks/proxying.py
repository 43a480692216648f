"""The gateway and nginx in front of the same API, to be measured side by side."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.asked import request
from benchmarks.gates import Gate, gate
from benchmarks.instance import sqlite_instance
from benchmarks.plan import KEYS, CannotMeasure, Plan
from benchmarks.processes import status_of
from benchmarks.web import nginx

BODY_BYTES: Final = 10_000_000
SMALL: Final = "/v1/countries/NO"
LARGE: Final = "/v1/countries/LARGE"
UPLOAD: Final = "/v1/files/march.csv"

_API: Final = """
    location / {{ return 200 "{small}"; }}
    location = /v1/countries/LARGE {{ alias {folder}/large; }}
    # Read to its end before it is answered: `return` alone would answer at once.
    location = /v1/files/march.csv {{
        client_body_buffer_size 16m;
        proxy_pass http://$server_addr:$server_port/read;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
    }}
"""
# As the gateway does: nothing is kept on the way, connections to the API are.
_PROXY: Final = """
    location / {
        proxy_pass http://existing_api;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_request_buffering off;
        proxy_max_temp_file_size 0;
    }
"""


class Pair:
    """A gateway and an nginx, both proxying to one API."""

    def __init__(self, ours: Gate, proxy_url: str, proxy_pid: int) -> None:
        self.ours = ours
        self.proxy_url = proxy_url
        self.proxy_pid = proxy_pid
        self.gateway_url = f"{ours.url}/gateway/example"

    def gateway_requests(self, method: str, path: str, body: bytes = b"", count: int = KEYS) -> Iterator[bytes]:
        """The same request with each of so many keys."""
        for key in self.ours.keys[:count]:
            yield request(method, f"/gateway/example{path}", {"Authorization": f"Bearer {key.text}"}, body)

    def check_gateway(self) -> None:
        """A key gets the API's answer, nobody else does."""
        headers = {"Authorization": f"Bearer {self.ours.keys[0].text}"}
        self._check(status_of(self.gateway_url + SMALL, headers), status_of(self.proxy_url + SMALL))
        if len(status_of(self.gateway_url + LARGE, headers)[1]) != BODY_BYTES:
            raise CannotMeasure("The gateway does not hand on the whole body.")
        if status_of(self.gateway_url + SMALL)[0] != 401:
            raise CannotMeasure("The gateway lets a request pass without a key.")

    def check_proxy(self) -> None:
        """nginx hands on the API's answers."""
        self._check(status_of(self.proxy_url + SMALL), (200, b"x" * 200))
        if len(status_of(self.proxy_url + LARGE)[1]) != BODY_BYTES:
            raise CannotMeasure("nginx does not hand on the whole body.")

    def _check(self, found: tuple[int, bytes], wanted: tuple[int, bytes]) -> None:
        if found != wanted:
            raise CannotMeasure(f"{found} was answered instead of {wanted}.")


@contextmanager
def pair(plan: Plan, folder: Path) -> Iterator[Pair]:
    """Both on the server's core, the API on the load's."""
    (folder / "large").write_bytes(bytes(BODY_BYTES))
    with nginx(folder / "api", plan.load_core, _API.format(small="x" * 200, folder=folder)) as (api, _):
        made = sqlite_instance(folder / "data", KEYS, api)
        upstream = f"upstream existing_api {{ server {api.removeprefix('http://')}; keepalive 64; }}"
        with (
            nginx(folder / "proxy", plan.server_core, _PROXY, upstream) as (url, pid),
            gate(folder / "data", made, plan.server_core) as ours,
        ):
            yield Pair(ours, url, pid)
