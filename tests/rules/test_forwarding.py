"""Entries as receivers read them, when they are tried again, and what a forwarding may be."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from freehold.forwarding import otlp_form, rules, syslog_form, webhook_form
from freehold.forwarding.entry_form import facts_of
from freehold.forwarding.records import Place
from freehold.organizations.records import AuditEntry
from freehold.webhooks import signing
from freehold.webhooks.addresses import AddressPolicy

NOW = datetime(2026, 11, 28, 14, 0, tzinfo=UTC)
HERE = AddressPolicy(loopback=True)
SYSLOG = Place("syslog", host="logs.example.com", port=6514)
# RFC 5424, section 6, for the parts that we write: structured data with one element.
LINE = re.compile(
    r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) ([!-~]{1,32}) \[([^ =\]\"]+)((?: [^ =\]\"]{1,32}=\"(?:[^\"\\\]]|\\[\"\\\]])*\")+)\] (.*)",
    re.DOTALL,
)
PARAMETER = re.compile(r" ([^ =]+)=\"((?:[^\"\\\]]|\\[\"\\\]])*)\"")


def entry(position: int = 7, **changed: Any) -> AuditEntry:
    values: dict[str, Any] = {
        "id": f"aud_{position:026}", "chain": "org_1", "position": position, "at": NOW, "actor_kind": "user", "actor_id": "usr_1",
        "actor_name": "Ada Lovelace", "action": "key.revoked", "subject_kind": "key", "subject_id": "key_1", "subject_name": "web",
        "project_id": "proj_1", "before": {"state": "active"}, "after": {"state": "revoked"}, "address": "198.51.100.7",
        "request_id": "req_1", "previous_hash": b"\x01" * 32, "hash": b"\x02" * 32,
    }  # fmt: skip
    return AuditEntry(**values | changed)


def parsed(message: bytes) -> tuple[re.Match[str], dict[str, str], Any]:
    line = LINE.fullmatch(message.decode("ascii" if message.isascii() else "utf-8"))
    assert line, message
    values = {name: re.sub(r"\\(.)", r"\1", value) for name, value in PARAMETER.findall(line[8])}
    return line, values, json.loads(line[9])


def test_a_syslog_message_says_everything_twice() -> None:
    line, values, text = parsed(syslog_form.message_of(SYSLOG, entry(), "freehold.example.com"))
    assert line.groups()[:7] == (
        "110", "2026-11-28T14:00:00.000Z", "freehold.example.com", "freehold", "-", "key.revoked", "freehold@32473",
    )  # fmt: skip
    assert (values["position"], values["subjectId"], values["address"]) == ("7", "key_1", "198.51.100.7")
    assert text == facts_of(entry())


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_name_breaks_out_of_the_structured_data(actor: str, subject: str) -> None:
    message = syslog_form.message_of(SYSLOG, entry(actor_name=actor, subject_name=subject), "host name")
    _, values, text = parsed(message)
    readable = "".join(each if each.isprintable() else " " for each in actor[:256])
    assert values.get("actor", "") == readable
    assert text["subject"]["name"] == subject
    assert b"\n" not in message


def test_what_is_too_long_says_what_was_left_out() -> None:
    long = entry(after={"words": "é" * 9000})
    _, _, text = parsed(syslog_form.message_of(SYSLOG, long, "host"))
    assert text["left_out"] == ["before", "after"]
    assert text["id"] == long.id
    datagram = syslog_form.message_of(
        Place("syslog", host="h", port=514, transport="udp"), entry(subject_name="é" * 1500), "host"
    )
    assert len(datagram) <= 2048
    assert parsed(datagram)[2]["left_out"]


def test_a_stream_counts_octets() -> None:
    assert syslog_form.framed("é".encode()) == b"2 \xc3\xa9"


def test_a_webhook_request_is_signed_by_both_secrets_while_they_overlap() -> None:
    old, new = (signing.secret_text(bytes([number]) * 32) for number in (1, 2))
    place = Place(
        "webhook",
        "https://logs.example.com/",
        {"x-tenant": "7"},
        (new, old),
        overlap_until_ms=int(NOW.timestamp() * 1000) + 1,
    )
    sent = webhook_form.request_of(place, entry(), NOW)
    headers = dict(sent.headers)
    content = signing.signed_content(entry().id, NOW, sent.body)
    assert headers["webhook-signature"].split() == [
        signing.signature(signing.secret_bytes(each), content) for each in (new, old)
    ]
    later = dict(webhook_form.request_of(place, entry(), NOW + timedelta(seconds=1)).headers)
    assert len(later["webhook-signature"].split()) == 1
    assert (headers["webhook-id"], headers["x-tenant"]) == (entry().id, "7")
    body = json.loads(sent.body)
    assert (body["type"], body["organization"], body["data"]["hash"]) == ("audit.entry", "org_1", "02" * 32)


def test_log_records_are_in_the_form_of_otlp() -> None:
    sent = otlp_form.request_of(
        Place("otlp", "https://collector/v1/logs"),
        [entry(7), entry(8, chain="instance", project_id=None)],
        "https://here",
        5,
    )
    (resource,) = json.loads(sent.body)["resourceLogs"]
    (scope,) = resource["scopeLogs"]
    first, second = scope["logRecords"]
    assert first["timeUnixNano"] == "1795874400000000000"
    assert (first["severityNumber"], first["eventName"]) == (9, "audit.entry")
    values = {each["key"]: next(iter(each["value"].items())) for each in first["attributes"]}
    assert values["freehold.position"] == ("intValue", "7")
    assert values["freehold.actor.name"] == ("stringValue", "Ada Lovelace")
    assert json.loads(values["freehold.before"][1]) == {"state": "active"}
    assert values["freehold.organization.id"] == ("stringValue", "org_1")
    assert "freehold.organization.id" not in {each["key"] for each in second["attributes"]}
    assert {"key": "service.name", "value": {"stringValue": "freehold"}} in resource["resource"]["attributes"]


def test_log_records_are_what_opentelemetrys_own_definitions_say() -> None:
    """Read as a collector reads them, strictly: a name, a kind or a number that the definitions do not have is refused."""
    odd = entry(
        8,
        chain="instance",
        project_id=None,
        before=None,
        after={"ok": True, "n": 3, "list": ["ä", None]},
        actor_name='Ä\n\u2028"',
    )
    sent = otlp_form.request_of(Place("otlp", "https://collector/v1/logs"), [entry(7), odd], "https://here", 5)
    read = json_format.Parse(sent.body, ExportLogsServiceRequest(), ignore_unknown_fields=False)
    (resource,) = read.resource_logs
    assert {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"] == "freehold"
    (scope,) = resource.scope_logs
    first, second = scope.log_records
    assert (first.time_unix_nano, first.observed_time_unix_nano) == (1795874400000000000, 5_000_000)
    assert (first.severity_number, first.severity_text) == (SeverityNumber.SEVERITY_NUMBER_INFO, "INFO")
    assert (first.event_name, first.body.WhichOneof("value")) == ("audit.entry", "string_value")
    values = {each.key: each.value for each in first.attributes}
    assert values["freehold.position"].int_value == 7
    assert len(values) == len(first.attributes), "an attribute's name has to be there once"
    told = {each.key: each.value.string_value for each in second.attributes}
    assert told["freehold.actor.name"] == odd.actor_name
    assert json.loads(told["freehold.after"]) == odd.after
    # In the other encoding it is the same: nothing is in it that only JSON can say.
    assert ExportLogsServiceRequest.FromString(read.SerializeToString()) == read
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records, answer.partial_success.error_message = 2, "too old"
    assert otlp_form.rejected(json_format.MessageToJson(answer).encode()) == (2, "too old")


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (None, 0), (b"", 0), (b"{}", 0), (b"thanks", 0), (b'{"partialSuccess": {}}', 0), (b'{"partialSuccess": {"rejectedLogRecords": 3}}', 3),
        (b'{"partialSuccess": {"rejectedLogRecords": "3", "errorMessage": "no"}}', 3), (b'{"partialSuccess": 3}', 0),
    ],
)  # fmt: skip
def test_what_a_collector_rejects_for_good_is_counted(answer: bytes | None, refused: int) -> None:
    assert otlp_form.rejected(answer)[0] == refused


@given(st.integers(1, 10_000), st.floats(-1, 1))
def test_a_receiver_is_tried_again_for_good(failures: int, jitter: float) -> None:
    due = rules.next_try_at(failures, NOW, None, jitter)
    assert timedelta(seconds=4) <= due - NOW <= timedelta(seconds=360)
    asked = rules.next_try_at(failures, NOW, NOW + timedelta(days=9), jitter)
    assert asked - NOW <= timedelta(hours=1)
    assert asked >= due


WEBHOOK = Place("webhook", "https://logs.example.com/in")


@pytest.mark.parametrize(
    ("place", "whole", "fields"),
    [
        (WEBHOOK, False, []), (WEBHOOK, True, []), (Place("webhook", "http://127.0.0.1:1024/"), False, []),
        (Place("webhook", "http://logs.example.com/"), False, ["url"]), (Place("webhook", "http://logs.example.com/"), True, []),
        (Place("webhook", "https://10.0.0.1/"), False, ["url"]), (Place("webhook", "https://10.0.0.1/"), True, []),
        (Place("webhook", "ftp://x/"), True, ["url"]), (Place("webhook", "https://u:p@logs.example.com/"), True, ["url"]),
        (Place("webhook", WEBHOOK.url, {"host": "x"}), False, ["headers.host"]), (Place("otlp", WEBHOOK.url), False, ["kind"]),
        (Place("otlp", WEBHOOK.url), True, []), (SYSLOG, True, []), (SYSLOG, False, ["kind"]),
        (Place("syslog", host="a b", port=0, facility=24), True, ["host", "port", "facility"]),
        (Place("syslog", host="a", port=514, authorities="words"), True, ["authorities"]),
        (Place("syslog", host="::1", port=514, transport="udp"), True, []),
    ],
)  # fmt: skip
def test_what_a_forwarding_may_be(place: Place, whole: bool, fields: list[str]) -> None:
    assert [fault.field for fault in rules.faults_of("Logs", place, whole, HERE)] == fields


def test_where_it_goes_is_shown_without_what_may_be_secret() -> None:
    assert (
        rules.shown_place(Place("webhook", "https://logs.example.com/services/T0/SECRET?key=SECRET"))
        == "https://logs.example.com/…"
    )
    assert rules.shown_place(Place("syslog", host="::1", port=6514)) == "tls://[::1]:6514"
    assert rules.safe_url("otlp", "http://collector:4318") == "http://collector:4318/v1/logs"
    assert rules.safe_url("otlp", "http://collector:4318/own") == "http://collector:4318/own"
