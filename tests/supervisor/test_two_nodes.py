"""Two nodes on one PostgreSQL: the same command with the same secret, each with a data directory of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from freehold.store.engine import Store, open_postgresql
from freehold.store.schema import apis, instance, usage_events
from tests.databases import SECRET, PostgresServer
from tests.gate.gate_process import eventually
from tests.gate.instance import Instance as Filled
from tests.supervisor.instances import Instance, running

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}


@pytest.fixture
def database_url(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database(template="template1") as url:
        yield url


@pytest.fixture
def nodes(database_url: str, tmp_path: Path) -> Iterator[list[Instance]]:
    """Two nodes, started at one moment on an empty database."""
    settings = {"FREEHOLD_DATABASE_URL": database_url, "FREEHOLD_SECRET": SECRET.to_hex()}
    with ExitStack() as stack, ThreadPoolExecutor() as starters:
        starting = [
            starters.submit(stack.enter_context, running(tmp_path / name, **settings)) for name in ("one", "two")
        ]
        yield [each.result() for each in starting]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_postgresql(database_url)
    yield opened
    opened.close()


@pytest.fixture
def filled(nodes: list[Instance], store: Store, tmp_path: Path) -> Filled:
    """An organization with two projects, in the one instance that both nodes have made."""
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(instance)).scalar_one() == 1
        assert tx.execute(select(apis.c.slug)).scalars().all() == ["example"]
    made = Filled(tmp_path, store, SECRET)
    with store.write() as tx:
        made.add_organization(tx, "org_operator", is_operator=True)
        made.add_organization(tx, made.organization_id)
        made.add_api(tx, made.api_id, "parcels", None)
        made.add_projects(tx, made.organization_id, made.sandbox_id, made.production_id)
    return made


def verify(node: Instance, token: str, key: str) -> dict[str, Any]:
    answer = httpx.post(
        f"{node.gate_url}/v1/keys/verify", json={"key": key, **COUNTRY}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    decoded: dict[str, Any] = answer.json()
    return decoded


def test_a_revocation_is_in_force_at_both_and_the_usage_of_both_is_counted_once(
    nodes: list[Instance], store: Store, filled: Filled
) -> None:
    verifier, developer = filled.service_token(), filled.service_token(filled.organization_id, ("developer",))
    kept = filled.issue()
    filled.settled()
    assert len(filled.verifiers()) == 2
    asked = 0
    for asking, other in (nodes, nodes[::-1]):
        key = filled.issue()
        for node, times in ((asking, 30), (other, 20)):
            assert all(verify(node, verifier, key.text)["allowed"] for _ in range(times))
        revoked = httpx.post(
            f"{asking.url}/v1/keys/{key.id}/revoke", headers={"Authorization": f"Bearer {developer}"}, timeout=20
        )
        assert revoked.status_code == 200, revoked.text
        assert (revoked.json()["confirmed_by"], revoked.json()["silent"]) == (2, 0)
        # At once, everywhere: nobody has to wait after the answer.
        assert [verify(node, verifier, key.text)["reason"] for node in nodes] == ["revoked", "revoked"]
        assert verify(other, verifier, kept.text)["allowed"]
        asked += 53
    # Each has its own example API, and both may publish: the one token that they share has one text.
    assert len({(node.data / "run" / "example.token").read_text() for node in nodes}) == 1
    for node in nodes:
        eventually(partial(sees, node, developer, filled.sandbox_id, asked))
    assert [node.stop() for node in nodes] == [0, 0]
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(usage_events)).scalar_one() == asked
    assert filled.verifiers() == []


def sees(node: Instance, token: str, project_id: str, requests: int) -> bool:
    """Whether a node says that a project made so many requests."""
    answer = httpx.get(f"{node.url}/v1/projects/{project_id}/usage", headers={"Authorization": f"Bearer {token}"})
    return bool(answer.json()["totals"]["requests"] == requests)
