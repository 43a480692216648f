"""A request as a curl command: what the shell, curl and the gate make of it, whatever a caller had in method and path."""

import json
import shlex
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.usage.records import RequestRow
from freehold.usage.repeating import repeat

GATE = "https://gate.example.com"
# What HTTP allows as a method (RFC 9110, section 9.1): some of it means something to a shell.
TOKENS = "ABCabc019!#$%&'*+-.^_`|~"


def row(**more: Any) -> RequestRow:
    usual: dict[str, Any] = {
        "id": "req_1", "at": datetime(2027, 1, 15, tzinfo=UTC), "project_id": "proj_1", "organization_id": "org_1",
        "environment": "sandbox", "key_id": "key_1", "key_name": "web", "secret": "abc", "api_id": "api_1",
        "endpoint": "get_parcel", "method": "GET", "path": "/parcels/p1", "outcome": "allowed", "via": "gateway",
        "status": 200, "latency_us": 1, "cost": 1, "address": None, "user_agent": None,
    }  # fmt: skip
    return RequestRow(**usual | more)


def words(**more: Any) -> list[str]:
    """The command as a shell reads it, but for variables, which it fills in later."""
    found = repeat(row(**more), "parcels", GATE)
    assert found is not None
    return shlex.split(found.command.replace(" \\\n ", " "))


def asked(**more: Any) -> dict[str, Any]:
    """What a verify call sends."""
    said = words(via="verify", **more)
    assert said[:2] == ["curl", f"{GATE}/v1/keys/verify"]
    assert "Authorization: Bearer $FREEHOLD_TOKEN" in said
    body: dict[str, Any] = json.loads(said[-1])
    return body


def test_a_call_goes_through_the_gateway_with_a_variable_for_the_secret() -> None:
    found = repeat(row(), "parcels", GATE)
    assert found is not None
    assert found.command == (
        'curl https://gate.example.com/gateway/parcels/parcels/p1 \\\n  -H "Authorization: Bearer $FREEHOLD_KEY"'
    )
    assert "not kept" in found.note
    assert words(method="HEAD")[1] == "--head"
    assert words(method="DELETE")[1:3] == ["-X", "DELETE"]
    assert words(path="/a/../b")[1:] == ["--path-as-is", *words(path="/a/../b")[2:]]
    assert "--path-as-is" not in words(path="/a/..b")


@given(st.text(TOKENS, min_size=1, max_size=15), st.text(st.characters(max_codepoint=255), max_size=60))
def test_whatever_a_caller_sends_stays_one_word_of_the_command(method: str, rest: str) -> None:
    said = words(method=method, path=f"/{rest}")
    address = next(each for each in said if each.startswith("https:"))
    assert unquote(address, "latin-1") == unquote(f"{GATE}/gateway/parcels/{rest}", "latin-1")
    assert address.isascii()
    assert not set(address) & set(' "<>\\^`{|}[]#\n')
    assert said[-2:] == ["-H", "Authorization: Bearer $FREEHOLD_KEY"]
    if method not in ("GET", "HEAD"):
        assert said[said.index("-X") + 1] == method


@given(st.text(TOKENS, min_size=1, max_size=15), st.text(max_size=60))
def test_a_verify_call_asks_the_same_whatever_the_path_holds(method: str, rest: str) -> None:
    assert asked(method=method, path=f"/{rest}") == {"key": "$FREEHOLD_KEY", "method": method, "path": f"/{rest}"}


def test_a_verify_call_says_all_that_was_asked() -> None:
    assert asked(method=None, path=None, cost=5, address="192.0.2.1") == {
        "key": "$FREEHOLD_KEY", "endpoint": "get_parcel", "address": "192.0.2.1", "cost": 5,
    }  # fmt: skip
    # That the other environment was named is what it was denied for.
    assert asked(outcome="wrong_environment")["environment"] == "production"
    assert json.loads(words(via="sdk")[-1])["api"] == "parcels"


def test_the_shell_fills_in_the_key_and_nothing_else() -> None:
    found = repeat(row(via="verify", path="/$HOME/`id`/$FREEHOLD_KEY"), "parcels", GATE)
    assert found is not None
    before, _, after = found.command.partition('"$FREEHOLD_KEY"')
    # Outside of single quotes there is the token's variable alone.
    bare = "".join((before + after).split("'")[::2])
    assert bare.count("$") == 1
    assert "`" not in bare


def test_forward_auth_is_asked_as_a_proxy_asks() -> None:
    said = words(via="authorize", path="/a'b", outcome="wrong_environment", environment="production")
    assert said[:3] == ["curl", "--include", f"{GATE}/v1/authorize?environment=sandbox"]
    assert said[-4:] == ["-H", "X-Forwarded-Method: GET", "-H", "X-Forwarded-Uri: /a'b"]


@pytest.mark.parametrize(
    "lacking",
    [
        {"path": "/" + "a" * 1023},
        {"method": "A" * 16},
        {"path": None},
        {"via": "verify", "path": None, "endpoint": None},
    ],
)
def test_where_too_little_was_kept_there_is_no_command(lacking: dict[str, Any]) -> None:
    assert repeat(row(**lacking), "parcels", GATE) is None
    assert repeat(row(), "", GATE) is None
