"""`client.verify` against a real gate process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from freehold.sdk import Freehold
from freehold.sdk.problems import Forbidden, Invalid, Unauthenticated
from tests.gate.gate_process import GateProcess
from tests.gate.instance import ROUTES, Instance
from tests.sdk.clients import Mode

OPERATION, METHOD, PATH = ROUTES[0]
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Instance]:
    """What the gate decides by."""
    made = Instance.create(sqlite_template, tmp_path_factory.mktemp("instance") / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def gate(behind: Instance) -> Iterator[GateProcess]:
    """A running gate."""
    with GateProcess(behind.data) as running:
        yield running


def test_a_key_is_verified(behind: Instance, gate: GateProcess, mode: Mode) -> None:
    key = behind.issue()
    with mode.client(NOWHERE, behind.service_token(), gate_url=gate.url) as client:
        by_id = mode.got(client.verify(key.text, endpoint=OPERATION, environment="sandbox", address="192.0.2.7"))
        by_path = mode.got(client.verify(key.text, method=METHOD, path=PATH, cost=2))
        refused = mode.got(client.verify("fh_test_nonsense", endpoint=OPERATION))
    assert by_id.allowed
    assert by_id.reason is None
    assert by_id.key is not None
    assert (by_id.key.id, by_id.endpoint, by_id.environment) == (key.id, OPERATION, "sandbox")
    assert by_path.allowed
    assert by_id.request_id != by_path.request_id
    assert (refused.allowed, refused.reason, refused.key) == (False, "malformed_key", None)


def test_what_the_gate_does_not_answer(behind: Instance, gate: GateProcess, mode: Mode) -> None:
    with mode.client(NOWHERE, behind.service_token(), gate_url=gate.url) as client:
        with pytest.raises(Invalid) as raised:
            mode.got(client.verify("fh_test_nonsense"))
        assert [each.field for each in raised.value.errors] == ["endpoint"]
    with mode.client(NOWHERE, "fho_unknown", gate_url=gate.url) as client, pytest.raises(Unauthenticated):
        mode.got(client.verify("fh_test_nonsense", endpoint=OPERATION))
    publisher = behind.service_token(roles=("publisher",))
    with mode.client(NOWHERE, publisher, gate_url=gate.url) as client, pytest.raises(Forbidden):
        mode.got(client.verify("fh_test_nonsense", endpoint=OPERATION))


def test_without_its_address_the_gate_is_not_asked() -> None:
    with Freehold(NOWHERE, "fho_x") as client, pytest.raises(ValueError, match="pass gate_url"):
        client.verify("fh_test_nonsense", endpoint=OPERATION)
