"""A PostgreSQL that goes silent: nothing is refused, nothing is closed, and no answer ever comes."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from freehold.store.engine import open_postgresql
from tests.databases import SECRET, PostgresServer
from tests.faults.silent_proxy import SilentProxy, socket_of
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}


@pytest.fixture
def database_url(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database() as url:
        yield url


@pytest.fixture
def proxy(database_url: str) -> Iterator[SilentProxy]:
    [folder] = parse_qs(urlsplit(database_url).query)["host"]
    with SilentProxy(socket_of(Path(folder))) as running:
        yield running


def through(proxy: SilentProxy, database_url: str) -> str:
    return f"postgresql://postgres@127.0.0.1:{proxy.port}{urlsplit(database_url).path}"


def test_an_answer_that_never_comes_ends_the_connection_and_the_next_one_is_new(
    proxy: SilentProxy, database_url: str
) -> None:
    store = open_postgresql(through(proxy, database_url), answer_s=0.5)
    with store.read() as tx:
        assert tx.execute(text("SELECT 1")).scalar_one() == 1
        assert proxy.be_silent() == 1
        with pytest.raises(OperationalError):
            tx.execute(text("SELECT 2"))
    assert proxy.swallowed
    with store.read() as tx:
        assert tx.execute(text("SELECT 3")).scalar_one() == 3
    store.close()


def test_a_statement_that_fails_leaves_its_connection_usable(proxy: SilentProxy, database_url: str) -> None:
    store = open_postgresql(through(proxy, database_url), answer_s=20)
    for _ in range(3):
        with store.read() as tx:
            tx.execute(text("SET LOCAL statement_timeout = '1ms'"))
            with pytest.raises(OperationalError, match="timeout"):
                tx.execute(text("SELECT pg_sleep(5)"))
    assert proxy.be_silent() == 1
    store.close()


def test_a_gate_recovers_from_a_database_that_went_silent(
    proxy: SilentProxy, database_url: str, tmp_path: Path
) -> None:
    store = open_postgresql(database_url)
    instance = Instance(tmp_path, store, SECRET)
    with store.write() as tx:
        instance._fill(tx)
    token, key = instance.service_token(), instance.issue().text
    environment = {"FREEHOLD_DATABASE_URL": through(proxy, database_url), "FREEHOLD_SECRET": SECRET.to_hex()}
    with GateProcess(tmp_path, environment) as gate:
        assert gate.verify(token, key=key, **COUNTRY)["allowed"] is True
        assert proxy.be_silent() >= 1
        eventually(lambda: gate.verify(token, key=key, **COUNTRY)["reason"] == "unavailable")
        assert gate.client.get("/readyz").status_code == 503
        # A key that nobody has asked for yet: what the gate knows is as new as what it hears.
        eventually(lambda: gate.verify(token, key=key, **COUNTRY)["allowed"], within_s=60)
        fresh = instance.issue().text
        eventually(lambda: gate.verify(token, key=fresh, **COUNTRY)["allowed"])
    store.close()
