"""A request as a command that asks the gate the same again, to be pasted into a terminal. Pure.

Callers choose what a method and a path say, so everything is quoted: for the shell, for JSON, and for curl itself,
which reads brackets and braces in an address as patterns, and takes `/../` out of it unless it is told not to.
"""

import json
import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from freehold.keys.records import Environment, Reason
from freehold.usage.records import PATH_MAX, RequestRow

# Shell variables in place of what is never kept: the caller's key, and the service token that a verify call comes with.
KEY: Final = "$FREEHOLD_KEY"
SERVICE: Final = "$FREEHOLD_TOKEN"
# A longer one was cut when it was written down (`gate.decider`, `sdk.admission`).
_METHOD_MAX: Final = 16
# What an address may have as it is: no brackets, no braces; but `%`, since a path is kept as it was sent.
_PLAIN: Final = "/%:@!$&'()*+,;=~-._?"
_SWITCHED: Final[dict[Environment | None, Environment]] = {"sandbox": "production", "production": "sandbox"}
_IN_PROCESS: Final = "It was decided in an application; asked of the gate, the answer is the same while the limits are."
_NOT_KEPT: Final = "A query and a body are not kept: add them where the call needs them."


@dataclass(frozen=True, slots=True)
class Repeat:
    """The command, and what it cannot say of the request; empty where it says everything."""

    command: str
    note: str


def repeat(request: RequestRow, api_slug: str, gate_url: str) -> Repeat | None:
    """How to ask the gate the same again, by the way that the request came; None where too little of it was kept."""
    if _may_be_cut(request):
        return None
    if request.via == "gateway":
        return _through_gateway(request, api_slug, gate_url)
    if request.via == "authorize":
        return _as_a_proxy(request, gate_url)
    return _as_verify(request, api_slug, gate_url)


def _may_be_cut(request: RequestRow) -> bool:
    return len(request.method or "") >= _METHOD_MAX or len(request.path or "") >= PATH_MAX


def _through_gateway(request: RequestRow, api_slug: str, gate_url: str) -> Repeat | None:
    if not (api_slug and request.method and request.path):
        return None
    address = f"{gate_url}/gateway/{api_slug}{_encoded(request.path)}"
    as_it_is = " --path-as-is" if {".", ".."} & set(request.path.split("/")) else ""
    lines = [f"curl{as_it_is}{_method(request.method)} {shlex.quote(address)}", _bearer(KEY)]
    return Repeat(_joined(lines), _NOT_KEPT)


def _as_a_proxy(request: RequestRow, gate_url: str) -> Repeat:
    options = "?environment=" + _SWITCHED[request.environment] if _was_switched(request) else ""
    told = {"X-Forwarded-Method": request.method, "X-Forwarded-Uri": request.path}
    lines = [f"curl --include {shlex.quote(f'{gate_url}/v1/authorize{options}')}", _bearer(KEY)]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in told.items() if value]
    return Repeat(_joined(lines), "This is what a proxy asks of forward auth; the call itself is not made.")


def _as_verify(request: RequestRow, api_slug: str, gate_url: str) -> Repeat | None:
    asked: dict[str, str | int] = {"key": KEY}
    if request.method and request.path:
        asked |= {"method": request.method, "path": request.path}
    elif request.endpoint:
        asked["endpoint"] = request.endpoint
    else:
        return None
    if api_slug and request.via == "sdk":
        asked["api"] = api_slug
    if _was_switched(request):
        asked["environment"] = _SWITCHED[request.environment]
    if request.address:
        asked["address"] = request.address
    # A report may have said later that it cost nothing; nobody can ask for that.
    if request.cost > 1:
        asked["cost"] = request.cost
    lines = [f"curl {shlex.quote(f'{gate_url}/v1/keys/verify')}", _bearer(SERVICE)]
    lines += ['  -H "Content-Type: application/json"', f"  -d {_body(asked)}"]
    return Repeat(_joined(lines), _IN_PROCESS if request.via == "sdk" else "")


def _was_switched(request: RequestRow) -> bool:
    """The caller named the other environment: the denial says so, though the name itself is not kept."""
    return request.outcome == Reason.WRONG_ENVIRONMENT.value and request.environment in _SWITCHED


def _method(method: str) -> str:
    if method == "GET":
        return ""
    # With -X HEAD curl would wait for a body that never comes.
    return " --head" if method == "HEAD" else f" -X {shlex.quote(method)}"


def _encoded(path: str) -> str:
    """A path as it can stand in an address: bytes that were not ASCII are kept as Latin-1."""
    return quote(path, safe=_PLAIN, encoding="latin-1", errors="replace")


def _bearer(variable: str) -> str:
    # Double quotes, so that the shell fills the variable in.
    return f'  -H "Authorization: Bearer {variable}"'


def _body(asked: dict[str, str | int]) -> str:
    """JSON in single quotes, but for the key's variable, which the shell fills in."""
    before, _, after = json.dumps(asked).partition(KEY)
    return f'{shlex.quote(before)}"{KEY}"{shlex.quote(after)}'


def _joined(lines: list[str]) -> str:
    return " \\\n".join(lines)
