"""Proxies that can check a key by themselves: nginx with a map, Envoy with its filter, Caddy with a header match.

Each is given what makes it quick: no store, no scope, static keys; what each leaves out is said in its name.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.asked import request, write_requests
from benchmarks.contest import Contestant
from benchmarks.plan import BUILD, CannotMeasure
from benchmarks.processes import free_port, server, status_of
from benchmarks.web import nginx

_PATH: Final = "/v1/countries/NO"
_RATE: Final = 100_000_000


@contextmanager
def nginx_map(folder: Path, core: int, keys: Sequence[str]) -> Iterator[Contestant]:
    """nginx: a map of all keys, and an access log, its only record of use."""
    entries = "\n".join(f'"Bearer {key}" {number};' for number, key in enumerate(keys, 1))
    folder.mkdir()
    around = f"""
        map_hash_max_size 65536;
        map_hash_bucket_size 256;
        map $http_authorization $caller {{ default 0; {entries} }}
        log_format uses '$msec $caller $request_method $uri';
        access_log {folder}/access.log uses buffer=64k flush=1s;
    """
    inside = 'location / { if ($caller = 0) { return 401; } return 200 "ok"; }'
    with nginx(folder, core, inside, around) as (url, pid):
        yield _contestant(f"nginx map, {len(keys):,} keys, access log", url, pid, folder, keys)


@contextmanager
def envoy(folder: Path, core: int, keys: Sequence[str]) -> Iterator[Contestant]:
    """Envoy: its API-key filter with all keys, then its local rate limit."""
    folder.mkdir()
    port = free_port()
    (folder / "envoy.json").write_text(json.dumps(_envoy_config(port, keys)))
    command: list[str | Path] = [_installed("envoy"), "-c", folder / "envoy.json", "--concurrency", "1"]
    command += ["--log-level", "error", "--use-dynamic-base-id"]
    with server(command, core=core, port=port, log=folder / "log") as pid:
        url = f"http://127.0.0.1:{port}"
        yield _contestant(f"Envoy API-key filter and rate limit, {len(keys):,} keys", url, pid, folder, keys)


@contextmanager
def caddy(folder: Path, core: int, key: str) -> Iterator[Contestant]:
    """Caddy: one key in a header matcher (it looks through its values one by one, so more keys are slower)."""
    folder.mkdir()
    port = free_port()
    (folder / "Caddyfile").write_text(
        f"{{\n admin off\n auto_https off\n persist_config off\n}}\nhttp://127.0.0.1:{port} {{\n"
        f' @known header Authorization "Bearer {key}"\n respond @known "ok" 200\n respond 401\n}}\n'
    )
    command: list[str | Path] = [_installed("caddy"), "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
    environment = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "GOMAXPROCS": "1"}
    with server(command, core=core, port=port, log=folder / "log", environment=environment) as pid:
        yield _contestant("Caddy header match, one key", f"http://127.0.0.1:{port}", pid, folder, [key])


def _contestant(name: str, url: str, pid: int, folder: Path, keys: Sequence[str]) -> Contestant:
    def check() -> None:
        statuses = [
            status_of(url + _PATH, {"Authorization": f"Bearer {key}"})[0] for key in (keys[0], keys[-1], "wrong")
        ]
        if statuses != [200, 200, 401]:
            raise CannotMeasure(f"{name} answers {statuses} instead of 200, 200 and 401.")

    asked = (request("GET", _PATH, {"Authorization": f"Bearer {key}"}) for key in keys)
    return Contestant(name, url, (pid,), check, write_requests(folder / "requests", asked))


def _installed(program: str) -> Path:
    found = BUILD / "servers" / "bin" / program
    if not found.exists():
        raise CannotMeasure("The servers to be measured against are not installed: make bench-peers")
    return found


def _envoy_config(port: int, keys: Sequence[str]) -> dict[str, Any]:
    credentials = [{"key": key, "client": f"caller-{number}"} for number, key in enumerate(keys)]
    key_auth = {"credentials": credentials, "key_sources": [{"header": "Authorization"}]}
    bucket = {"max_tokens": _RATE, "tokens_per_fill": _RATE, "fill_interval": "1s"}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    rate_limit = {"stat_prefix": "limit", "token_bucket": bucket, "filter_enabled": always, "filter_enforced": always}
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok"}}}
    manager = {
        "stat_prefix": "in",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            _typed("envoy.filters.http.api_key_auth", "http.api_key_auth.v3.ApiKeyAuth", key_auth),
            _typed("envoy.filters.http.local_ratelimit", "http.local_ratelimit.v3.LocalRateLimit", rate_limit),
            _typed("envoy.filters.http.router", "http.router.v3.Router", {}),
        ],
    }
    name = "network.http_connection_manager.v3.HttpConnectionManager"
    chain = {"filters": [_typed("envoy.filters.network.http_connection_manager", name, manager)]}
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"static_resources": {"listeners": [{"name": "in", "address": address, "filter_chains": [chain]}]}}


def _typed(name: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    url = f"type.googleapis.com/envoy.extensions.filters.{kind}"
    return {"name": name, "typed_config": {"@type": url, **config}}
