"""Sample pages of keys."""

from datetime import timedelta

from freehold.dashboard.views import keys
from freehold.dashboard.views.form import Form
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
    shell,
)


def key_details(state: str = "active") -> keys.KeyDetails:
    return keys.KeyDetails(
        id=KEY, name="checkout-web", workload="Checkout, web shop", identifier="fh_test_…9f2c", environment="sandbox", state="revoked" if state == "revoked" else "active",
        endpoints=("GET /v1/countries/{code}", "GET /v1/currencies/{code}"), narrowed=True, rate="600 per minute", allowed_from=("203.0.113.0/24",),
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
        endpoints="All of the scope", rate="600 per minute", requests=0 if quiet else 9_204, denied=0 if quiet else 31, hourly=(0,) * 24 if quiet else hourly(60),
        last_used_at=None if quiet else ago(seconds=40), expires_at=NOW + timedelta(days=6) if state == "expired" else None,
    )  # fmt: skip


def one_key(state: str, failing: bool = False) -> keys.KeyView:
    values = {
        "name": "checkout-web",
        "narrow": "yes",
        "endpoints": ["getCountry"],
        "rate_limit": "600",
        "rate_window_s": "60",
    }
    return keys.KeyView(
        project_id=PROJECT, key=key_details(state), revision=3, endpoints=ENDPOINT_CHOICES,
        secrets=(
            keys.SecretRow(version=2, identifier="fh_test_…9f2c", state="active", created_at=ago(days=1), retires_at=None, last_used_at=ago(seconds=40), last_address="198.51.100.24", requests=9_204),
            keys.SecretRow(version=1, identifier="fh_test_…c41e", state="retiring", created_at=ago(days=11), retires_at=NOW + timedelta(hours=20), last_used_at=None, last_address="", requests=0),
        ),
        chart=hours(24, "Requests of this key"), requests=REQUESTS[:4],
        revoke=Danger(name="checkout-web", consequences=("Every call with it is refused at once, at every gate.", "198.51.100.24 called with it 40 s ago.", "It cannot be undone: issue another key instead.")),
        edit_form=Form(values, {"rate_limit": "The rate limit is a whole number of at least 1."} if failing else {}),
        revoke_form=Form({"confirm": "checkout"}, {"confirm": "That is not the key's name."}) if failing else Form(),
    )  # fmt: skip


def key_pages() -> dict[str, Sample]:
    here = shell("keys")
    values = {"rate_window_s": "60", "narrow": "yes", "endpoints": ["getCountry"], "rate_limit": "many"}
    wrong = Form(
        values,
        {"name": "Another active key has this name.", "rate_limit": "The rate limit is a whole number of at least 1."},
        idempotency_key="once-1",
    )
    return {
        "keys": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(key_row("checkout-web", "active"), key_row("price-batch", "expired"), key_row("ines-laptop", "revoked", True)))),
        "keys-empty": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=())),
        "keys-none-match": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(), query="zzz", issue_blocked="Your role may not issue keys.")),
        "key-new": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=Form({"rate_window_s": "60"}))),
        "key-new-wrong": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=wrong)),
        "key-new-no-scope": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=())),
        "key-issued": Sample("keys/issued.html.j2", here, issued(False)),
        "key-issued-called": Sample("keys/issued.html.j2", here, issued(True)),
        "key": Sample("keys/one.html.j2", here, one_key("active")),
        "key-wrong": Sample("keys/one.html.j2", here, one_key("active", failing=True)),
        "key-revoked": Sample("keys/one.html.j2", here, one_key("revoked")),
    }  # fmt: skip
