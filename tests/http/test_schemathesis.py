"""Requests made up from the OpenAPI document, right ones and wrong ones: answered as it says, and never with a 500.

A few of each in a run of all tests. A campaign: HOSTILE_EXAMPLES=300 pytest tests/http/test_schemathesis.py;
on PostgreSQL: HOSTILE_DATABASE=postgresql.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from freehold import routes
from freehold.app import create_app
from freehold.settings import Settings
from freehold.store.engine import Store, open_postgresql
from freehold.web import openapi
from tests.databases import copy_sqlite
from tests.http.served import Instance, fill, serve
from tests.http.test_permissions_table import prepare

EXAMPLES: Final = int(os.environ.get("HOSTILE_EXAMPLES", "6"))
DATABASE: Final = os.environ.get("HOSTILE_DATABASE", "sqlite")
TAGS: Final = ("Setup", "Accounts", "Organizations", "APIs", "Projects", "Keys", "Webhooks", "Usage", "Instance")
CHECKS: Final = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip
MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def served(request: pytest.FixtureRequest, filled: Instance, tmp_path: Any) -> Iterator[Instance]:
    """A filled instance of its own; unlike others', one that takes hours of nonsense."""
    with ExitStack() as stack:
        store = _store(request, filled, tmp_path, stack)
        made = replace(filled, store=store, settings=Settings(data=tmp_path, webhook_allow="127.0.0.0/8"), clients=[])
        if DATABASE == "postgresql":
            made = Instance("", store, made.settings)
            fill(made)
        made.url = stack.enter_context(serve(create_app(made.settings, store, made.secret)))
        yield made
        for client in made.clients:
            client.close()
        store.close()


def _store(request: pytest.FixtureRequest, filled: Instance, folder: Any, stack: ExitStack) -> Store:
    if DATABASE == "sqlite":
        return copy_sqlite(filled.settings.data / "freehold.db", folder / "copy")
    server = request.getfixturevalue("postgresql")
    return open_postgresql(stack.enter_context(server.database()))


def operations(tag: str) -> list[Any]:
    """The operations under a tag, as schemathesis has them."""
    document = openapi.document(routes.api_operations(), "http://127.0.0.1", "http://127.0.0.1:1")
    found: Any = schemathesis.openapi.from_dict(document).include(tag=tag).get_all_operations()
    return [result.ok() for result in found]


def attack(served: Instance, who: str, tag: str, ids: dict[str, str], examples: int) -> None:
    """Send made-up requests to each operation of a tag, half of them to what is really there."""
    headers = {"Authorization": f"Bearer {served.tokens[who]}"} if who else {}
    with requests.Session() as session:
        for operation in operations(tag):
            known = {each.name: ids[each.name] for each in operation.path_parameters if each.name in ids}
            # What takes nothing cannot be asked wrongly.
            modes = (
                MODES
                if operation.path_parameters or operation.query or operation.headers or operation.body
                else MODES[:1]
            )
            for mode in modes:
                for there in ({}, known) if known else ({},):
                    _send(served, operation, mode, there, session, headers, examples)


def _send(
    served: Instance, operation: Any, mode: GenerationMode, known: dict[str, str], session: requests.Session,
    headers: dict[str, str], examples: int,
) -> None:  # fmt: skip
    strategy = operation.as_strategy(mode, path_parameters=known or None)

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=examples < 20,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def send(case: Any) -> None:
        case.call_and_validate(base_url=served.url, session=session, headers=headers, checks=CHECKS)

    send()


@pytest.mark.parametrize("tag", TAGS)
def test_a_member_with_every_right(served: Instance, tag: str) -> None:
    attack(served, "operator" if tag == "APIs" else "owner", tag, prepare(served), EXAMPLES)


@pytest.mark.parametrize("tag", TAGS)
def test_somebody_from_elsewhere(served: Instance, tag: str) -> None:
    attack(served, "stranger", tag, prepare(served), max(EXAMPLES // 3, 1))


def test_nobody(served: Instance) -> None:
    ids = prepare(served)
    for tag in TAGS:
        attack(served, "", tag, ids, max(EXAMPLES // 3, 1))
