"""Sample pages of keys."""

from datetime import timedelta
from typing import Final

from freehold.dashboard.views import keys
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.key_secrets import CallerRow, RotatedKeyView, SecretRow, SecretsView
from freehold.dashboard.views.parts import Danger, Snippet
from tests.tidy.samples.frame import (
    CURL,
    ENDPOINT_CHOICES,
    KEY,
    NOW,
    PROJECT,
    REQUESTS,
    Sample,
    ago,
    hourly,
    hours,
    limits,
    shell,
)

# A form's fields of limits before anything was typed.
EMPTY = {"rate_0_name": "requests", "quota_period": "month"} | {f"rate_{row}_window_s": "60" for row in range(4)}


def key_details(state: str = "active") -> keys.KeyDetails:
    return keys.KeyDetails(
        id=KEY, name="checkout-web", workload="Checkout, web shop", identifier="fh_test_…9f2c", environment="sandbox", state="revoked" if state == "revoked" else "active",
        endpoints=("GET /v1/countries/{code}", "GET /v1/currencies/{code}"), narrowed=True, limits=limits(), allowed_from=("203.0.113.0/24",),
        created_by="Ines Okafor", created_at=ago(days=11), expires_at=NOW + timedelta(days=365), revoked_at=NOW if state == "revoked" else None,
    )  # fmt: skip


def issued(arrived: bool) -> keys.IssuedKeyView:
    secret = "fh_test_8Vt3qLr0Zc5NwYb2HsKe7XmD41uPjGaQ9f2cT7hBnWx0kE3R1v"
    call = keys.FirstCall(
        request_id=REQUESTS[0].id,
        method="GET",
        path="/v1/countries/PT",
        allowed=True,
        outcome="allowed",
        status=200,
        latency_us=84_210,
        at=NOW,
    )
    return keys.IssuedKeyView(
        project_id=PROJECT,
        key=key_details(),
        secret=secret,
        snippet=Snippet(language="curl", text=CURL.replace("$FREEHOLD_KEY", secret)),
        first_call=call if arrived else None,
    )


def key_row(name: str, state: str, quiet: bool = False) -> keys.KeyRow:
    return keys.KeyRow(
        id=KEY, name=name, workload="Checkout, web shop", identifier="fh_test_…9f2c", state="active" if state == "active" else "expired" if state == "expired" else "revoked",
        endpoints="All of the scope", limits="600 per minute, 20 per second", requests=0 if quiet else 9_204, denied=0 if quiet else 31, hourly=(0,) * 24 if quiet else hourly(60),
        last_used_at=None if quiet else ago(seconds=40), expires_at=NOW + timedelta(days=6) if state == "expired" else None,
    )  # fmt: skip


def key_secrets(state: str, failing: bool) -> SecretsView:
    job = CallerRow(address="198.51.100.24", user_agent="checkout/1.4", last_at=ago(seconds=40), requests=1_204)
    old_job = CallerRow(address="2001:db8::7", user_agent="", last_at=ago(minutes=9), requests=3)
    new = SecretRow(
        version=3, identifier="fh_test_…9f2c", selector="Zk3vQ9mX2aBc", state="active" if state == "active" else "revoked",
        created_at=ago(days=1), retires_at=None, last_used_at=ago(seconds=40), requests=9_204, since_rotation=9_204, callers=(job,),
    )  # fmt: skip
    old = SecretRow(
        version=2, identifier="fh_test_…c41e", selector="Ab3vQ9mX2aBc", state="retiring", created_at=ago(days=11),
        retires_at=NOW + timedelta(hours=20), last_used_at=ago(minutes=9), requests=80_400, held=failing,
        retires_by=NOW + timedelta(days=89), since_rotation=312, callers=(old_job,),
    )  # fmt: skip
    first = SecretRow(
        version=1, identifier="fh_test_…77aa", selector="Cd3vQ9mX2aBc", state="retired", created_at=ago(days=90),
        retires_at=ago(days=11), last_used_at=None, requests=0,
    )  # fmt: skip
    if state != "active":
        return SecretsView(serving=(), ended=(new, first))
    return SecretsView(
        serving=(new, old), ended=(first,), retiring=old, overlaps=(Choice("0", "No time: it ends at once"),),
        warning="" if failing else "Version 2 is still in use: its last call came 9 min ago. Bring its callers to the new one, or hold it.",
        rotate_form=Form({"overlap_s": "0"}, {"overlap_s": "Choose how long the old secret serves on."} if failing else {}, idempotency_key="once-2"),
        overlap_form=Form({"retires_on": "2026-13-45", "hold": ["yes"]}, {"retires_on": "A date like 2027-11-22."} if failing else {}),
        retire_form=Form(blocked="Your role lets you look at this, not change it.") if failing else Form(),
    )  # fmt: skip


def rotated(at_once: bool) -> RotatedKeyView:
    return RotatedKeyView(
        project_id=PROJECT, key_id="key_01jd9x0000000000000000000a", name="checkout-web", environment="sandbox", identifier="fh_test_…9f2c",
        version=3, secret=f"fh_test_{'x' * 50}", snippet=Snippet(language="curl", text="curl http://127.0.0.1:8401/gateway/example/v1/countries"),
        retires_at=None if at_once else NOW + timedelta(hours=24), held=not at_once,
    )  # fmt: skip


def one_key(state: str, failing: bool = False, wrong_secrets: bool = False) -> keys.KeyView:
    values = {
        "name": "checkout-web",
        "narrow": "yes",
        "endpoints": ["getCountry"],
        "rate_0_name": "requests",
        "rate_0_limit": "600",
        "rate_0_window_s": "60",
        "rate_1_name": "burst",
        "rate_1_limit": "20",
        "rate_1_window_s": "10",
        "quota_limit": "100000",
        "quota_period": "month",
    }
    return keys.KeyView(
        project_id=PROJECT, key=key_details(state), revision=3, endpoints=ENDPOINT_CHOICES,
        secrets=key_secrets(state, wrong_secrets),
        chart=hours(24, "Requests of this key"), requests=REQUESTS[:4], project_limits=limits(of_project=True),
        revoke=Danger(name="checkout-web", consequences=("Every call with it is refused at once, at every gate.", "198.51.100.24 called with it 40 s ago.", "It cannot be undone: issue another key instead.")),
        edit_form=Form(values, {"rate_2_limit": "A whole number.", "rate_limits": "At most 4 rate limits."} if failing else {}),
        revoke_form=Form({"confirm": "checkout"}, {"confirm": "That is not the key's name."}) if failing else Form(),
    )  # fmt: skip


DECLARED: Final = keys.DeclaredRow(
    id="key_01m84nefafrfwrcrmv8qcndk0q", name="price-<b>batch</b>", workload="Nightly prices", endpoints="2 endpoints", limits="burst 20 in 1 s, 100,000 in each month",
    expires="365 days after it is issued", networks=1,
)  # fmt: skip
DECLARED_WIDE: Final = keys.DeclaredRow(
    id="key_01m84nefafrfwrcrmv8qcndk0q",
    name="reports",
    workload="",
    endpoints="Whole scope",
    limits="",
    expires="Never",
)


def key_pages() -> dict[str, Sample]:
    here = shell("keys")
    values = {**EMPTY, "narrow": "yes", "endpoints": ["getCountry"], "rate_0_limit": "many"}
    wrong = Form(
        values,
        {"name": "Another active key has this name.", "rate_0_limit": "A whole number."},
        idempotency_key="once-1",
    )
    return {
        "keys": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(key_row("checkout-web", "active"), key_row("price-batch", "expired"), key_row("ines-laptop", "revoked", True)))),
        "keys-declared": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(key_row("checkout-web", "active"),), declared=(DECLARED, DECLARED_WIDE))),
        "key-new-declared": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=Form(EMPTY), declared="price-batch")),
        "keys-empty": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=())),
        "keys-none-match": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(), query="zzz", issue_blocked="Your role may not issue keys.")),
        "key-new": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=Form(EMPTY))),
        "key-new-wrong": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=wrong)),
        "key-new-no-scope": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=())),
        "key-issued": Sample("keys/issued.html.j2", here, issued(False)),
        "key-issued-called": Sample("keys/issued.html.j2", here, issued(True)),
        "key-rotated": Sample("keys/rotated.html.j2", here, rotated(at_once=False)),
        "key-rotated-at-once": Sample("keys/rotated.html.j2", here, rotated(at_once=True)),
        "key": Sample("keys/one.html.j2", here, one_key("active")),
        "key-wrong": Sample("keys/one.html.j2", here, one_key("active", failing=True)),
        "key-overlap-wrong": Sample("keys/one.html.j2", here, one_key("active", wrong_secrets=True)),
        "key-revoked": Sample("keys/one.html.j2", here, one_key("revoked")),
    }  # fmt: skip
