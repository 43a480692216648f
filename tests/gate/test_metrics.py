"""What `/metrics` counts: all workers of the node, whichever of them is asked, and nothing of anybody's."""

import re
import signal

import pytest

from freehold.gate.metrics import METRICS
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}
_SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")


def scrape(gate: GateProcess, **headers: str) -> dict[tuple[str, str], float]:
    """Every sample by its name and labels."""
    answer = gate.client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    samples = [match.groups() for line in lines if (match := _SAMPLE.fullmatch(line))]
    assert len(samples) == len(lines)
    return {(name, labels or ""): float(value) for name, labels, value in samples}


def total(samples: dict[tuple[str, str], float], name: str, *labels: str) -> float:
    """The sum over the workers."""
    return sum(
        value for (each, said), value in samples.items() if each == name and all(label in said for label in labels)
    )


def test_every_metric_has_its_sentence_and_no_sample_names_a_key_or_project(
    gate: GateProcess, instance: Instance, token: str
) -> None:
    key = instance.issue()
    instance.settled()
    gate.verify(token, key=key.text, **COUNTRY)
    text = gate.client.get("/metrics").text
    assert re.findall(r"# HELP (\w+) ", text) == list(METRICS)
    for private in (key.text, key.id, key.selector, key.project_id, instance.organization_id, token):
        assert private not in text


def test_decisions_answers_and_problems_are_counted(own_instance: Instance) -> None:
    token, key = own_instance.service_token(), own_instance.issue()
    with GateProcess(own_instance.data) as gate:
        for _ in range(5):
            gate.verify(token, key=key.text, **COUNTRY)
        gate.verify(token, key="fh_test_nonsense", **COUNTRY)
        assert gate.client.post("/v1/keys/verify", json={}).status_code == 401
        assert gate.client.get("/gateway/nothing/x", headers={"X-Api-Key": key.text}).status_code == 404
        samples = scrape(gate)
        decisions = "freehold_gate_decisions_total"
        assert total(samples, decisions, 'via="verify"', 'outcome="allowed"') == 5
        assert total(samples, decisions, 'via="verify"', 'outcome="malformed_key"') == 1
        assert total(samples, decisions, 'via="gateway"') == 1
        assert total(samples, "freehold_gate_answer_seconds_count") == total(samples, decisions) == 7
        assert total(samples, "freehold_gate_answer_seconds_bucket", 'le="+Inf"') == 7
        assert total(samples, "freehold_gate_answer_seconds_sum") > 0
        assert total(samples, "freehold_gate_problems_total", 'code="unauthenticated"') == 1
        assert total(samples, "freehold_gate_keyring_misses_total") >= 1
        assert total(samples, "freehold_gate_keyring_entries", 'kind="secret"') == 1
        assert total(samples, "freehold_gate_connections") == 1
        assert total(samples, "freehold_gate_journal_bytes_total") > 7 * 100
        assert total(samples, "freehold_gate_journal_failing") == 0


def test_any_worker_shows_all_and_one_that_has_gone_is_not_shown(own_instance: Instance) -> None:
    token, key = own_instance.service_token(), own_instance.issue()
    with GateProcess(own_instance.data, processes=2) as gate:
        decisions = 0
        # Each on a connection of its own, so that both workers get some.
        for _ in range(30):
            with gate.client.stream(
                "POST", "/v1/keys/verify", json={"key": key.text, **COUNTRY},
                headers={"Authorization": f"Bearer {token}", "Connection": "close"},
            ) as answer:  # fmt: skip
                assert answer.status_code == 200
            decisions += 1

        def seen() -> set[float]:
            return {total(scrape(gate, Connection="close"), "freehold_gate_decisions_total") for _ in range(8)}

        eventually(lambda: seen() == {decisions})
        workers = {labels for name, labels in scrape(gate) if name == "freehold_gate_epoch"}
        assert workers == {'worker="0"', 'worker="1"'}
        gate.processes[1].send_signal(signal.SIGKILL)
        gate.processes[1].wait()
        left = {labels for name, labels in scrape(gate, Connection="close") if name == "freehold_gate_epoch"}
        assert len(left) == 1
        # Who comes next takes its place.
        gate.processes[1] = gate._spawn()
        eventually(
            lambda: (
                {labels for name, labels in scrape(gate, Connection="close") if name == "freehold_gate_epoch"}
                == workers
            )
        )


@pytest.mark.parametrize("field", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_who_comes_through_a_proxy_may_not_read_them_without_a_token(gate: GateProcess, field: str) -> None:
    answer = gate.client.get("/metrics", headers={field: "127.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_with_a_token_nobody_reads_them_without_it(own_instance: Instance) -> None:
    with GateProcess(own_instance.data, {"FREEHOLD_METRICS_TOKEN": "scrape-me"}) as gate:
        for sent in (
            {},
            {"Authorization": "Bearer other"},
            {"Authorization": "scrape-me"},
        ):
            answer = gate.client.get("/metrics", headers=sent)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        through_a_proxy = {"Authorization": "Bearer scrape-me", "X-Forwarded-For": "192.0.2.1"}
        assert total(scrape(gate, **through_a_proxy), "freehold_gate_connections") == 1


def test_they_are_only_read(gate: GateProcess) -> None:
    assert gate.client.post("/metrics").status_code == 405
    assert gate.client.head("/metrics").content == b""
