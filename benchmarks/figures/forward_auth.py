"""Forward auth behind nginx over the same nginx that proxies without it: nginx and the gate on one core together."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.asked import request, write_requests
from benchmarks.contest import Contestant, hold
from benchmarks.gates import Gate, gate, workshop
from benchmarks.instance import sqlite_instance
from benchmarks.plan import KEYS, ROOT, CannotMeasure, Plan
from benchmarks.processes import free_port, status_of
from benchmarks.records import Figure, ratio
from benchmarks.run import main
from benchmarks.web import nginx, nginx_of

GOAL: Final = 0.35
# What we give to operators, and what the proxies' tests run.
SHIPPED: Final = ROOT / "docs" / "forward-auth" / "nginx" / "freehold.conf"
_PATH: Final = "/v1/countries/NO"

_PLAIN: Final = """
    location / {{
        {auth}
        proxy_pass http://existing_api;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }}
"""
_QUESTION: Final = """
    location = /authorize {
        internal;
        proxy_pass http://freehold_gate/v1/authorize;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URI $request_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
"""


def measure(plan: Plan) -> Figure:
    """The least that asks the gate over the same without asking; the configuration that we ship over itself unasked."""
    with workshop() as folder, ExitStack() as running:
        api, _ = running.enter_context(
            nginx(folder / "api", plan.load_core, f'location / {{ return 200 "{"x" * 200}"; }}')
        )
        ours = running.enter_context(gate(folder / "data", sqlite_instance(folder / "data", KEYS), plan.server_core))
        headers = [{"Authorization": f"Bearer {key.text}"} for key in ours.keys]
        asked = write_requests(folder / "requests", (request("GET", _PATH, each) for each in headers))
        upstreams = f"upstream freehold_gate {{ server 127.0.0.1:{ours.port}; keepalive 64; }}"
        upstreams += f"upstream existing_api {{ server {api.removeprefix('http://')}; keepalive 64; }}"
        core, contestants = plan.server_core, []
        for name, protected, proxy in (
            ("nginx, proxying", False, nginx(folder / "plain", core, _PLAIN.format(auth=""), upstreams)),
            ("… with auth_request", True,
             nginx(folder / "auth", core, _PLAIN.format(auth="auth_request /authorize;") + _QUESTION, upstreams)),
            ("shipped configuration, unasked", False, _shipped(folder / "unasked", core, ours, api, protected=False)),
            ("shipped configuration", True, _shipped(folder / "shipped", core, ours, api, protected=True)),
        ):  # fmt: skip
            url, pid = running.enter_context(proxy)
            pids = (pid, *ours.pids) if protected else (pid,)
            contestants.append(
                Contestant(name, url + _PATH, pids, _check(url, headers[0], protected), asked, protected)
            )
        series = hold(contestants, plan)
        plain, asking, unasked, shipped = series
        claims = [
            ratio("nginx with auth_request over the same without", asking, plain, GOAL),
            ratio("the shipped nginx configuration over itself without auth_request", shipped, unasked, GOAL),
            ratio("the shipped nginx configuration over the barest proxying", shipped, plain),
        ]
        notes = [
            f"nginx and the gate share one core, the API behind them has the load's. {SHIPPED.relative_to(ROOT)} as it is.",
            ours.journal_note([asking, shipped]),
        ]
        return Figure("forward_auth", "Forward auth behind nginx", series, claims, notes)


@contextmanager
def _shipped(folder: Path, core: int, ours: Gate, api: str, *, protected: bool) -> Iterator[tuple[str, int]]:
    port = free_port()
    text = SHIPPED.read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace("127.0.0.1:8401", f"127.0.0.1:{ours.port}")
    text = text.replace("127.0.0.1:9000", api.removeprefix("http://"))
    if not protected:
        text = text.replace("    auth_request /_freehold/authorize;", "    # not asked")
    with nginx_of(folder, core, text, port) as pid:
        yield f"http://127.0.0.1:{port}", pid


def _check(url: str, headers: dict[str, str], protected: bool) -> Callable[[], None]:
    def check() -> None:
        found = status_of(url + _PATH, headers)[0], status_of(url + _PATH)[0]
        if found != (200, 401 if protected else 200):
            raise CannotMeasure(f"nginx answers {found} to a request with a key and to one without.")

    return check


if __name__ == "__main__":
    main("forward_auth")
