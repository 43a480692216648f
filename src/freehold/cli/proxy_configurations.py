"""The configurations that put a proxy in front of an API, ready to be written with one's own addresses.

The files in `forward_auth/` are complete as they stand and are the ones that the tests run; docs/forward-auth
holds the same. Here they are given addresses and the API's slug, and nothing else of them is touched.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

# What the files say, to be replaced: where the proxy listens, the gate, the API that is protected.
_OWN_PORT: Final = "8080"
_GATE: Final = ("127.0.0.1", "8401")
_UPSTREAM: Final = ("127.0.0.1", "9000")


class Proxy(NamedTuple):
    """A kind of proxy: its files, what they are called by each other, and how it is told to read them."""

    files: tuple[str, ...]
    folder: str | None
    then: str


PROXIES: Final = {
    "nginx": Proxy(("freehold.conf",), None, "include it in nginx's http block (conf.d is), then: nginx -t && nginx -s reload"),
    "caddy": Proxy(("Caddyfile",), None, "caddy run --config {folder}/Caddyfile"),
    "traefik": Proxy(("traefik.yml", "freehold.yml"), "/etc/traefik", "traefik --configFile={folder}/traefik.yml"),
    "envoy": Proxy(("envoy.yaml",), None, "envoy -c {folder}/envoy.yaml"),
    "haproxy": Proxy(("haproxy.cfg", "freehold.lua"), "/etc/haproxy", "haproxy -f {folder}/haproxy.cfg"),
}  # fmt: skip


class Places(NamedTuple):
    """What a configuration is written for. `gate` and `upstream`: host and port."""

    api: str
    environment: str | None
    port: int
    gate: tuple[str, str]
    upstream: tuple[str, str]


def configurations(name: str, places: Places, folder: Path) -> dict[str, str]:
    """The files of one proxy, by name, as they are to stand in a folder."""
    proxy = PROXIES[name]
    here = files("freehold.cli") / "forward_auth" / name
    return {each: _filled((here / each).read_text("utf-8"), proxy, places, folder) for each in proxy.files}


def _filled(text: str, proxy: Proxy, places: Places, folder: Path) -> str:
    options = f"api={places.api}" + (f"&environment={places.environment}" if places.environment else "")
    said = {"api=example": options, _OWN_PORT: str(places.port)}
    if proxy.folder is not None:
        said[proxy.folder] = str(folder)
    for (old_host, old_port), (host, port) in ((_GATE, places.gate), (_UPSTREAM, places.upstream)):
        said[f"{old_host}:{old_port}"] = f"{host}:{port}"
        said[f"address: {old_host}, port_value: {old_port}"] = f"address: {host}, port_value: {port}"
        said[old_port] = port
    # All at once, the longest first: what has been filled in is not looked at again.
    longest_first = sorted(said, key=len, reverse=True)
    return re.sub(
        "|".join(rf"(?<!\d){re.escape(each)}\b" for each in longest_first), lambda found: said[found[0]], text
    )
