"""Requests made up from the OpenAPI document, right ones and wrong ones: answered as it says, and never with a 500.

A few of each in a run of all tests. A campaign: HOSTILE_EXAMPLES=300 pytest tests/http/test_schemathesis.py;
on PostgreSQL: HOSTILE_DATABASE=postgresql.
"""

import os
from collections.abc import Iterator, Sequence
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
from freehold.production.watching import watch
from freehold.settings import Settings
from freehold.store.engine import Store, open_postgresql
from freehold.web import openapi
from tests.databases import copy_sqlite
from tests.http.served import Instance, fill, serve
from tests.http.test_permissions_table import prepare

EXAMPLES: Final = int(os.environ.get("HOSTILE_EXAMPLES", "3"))
DATABASE: Final = os.environ.get("HOSTILE_DATABASE", "sqlite")
TAGS: Final = (
    "Setup",
    "Accounts",
    "Organizations",
    "Forwarding",
    "APIs",
    "Projects",
    "Keys",
    "Webhooks",
    "Usage",
    "Instance",
    "Production",
    "Reports",
    "Prices",
    "Readiness",
    "Shapes",
    "Alerts",
)
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
        watch(store)
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
    config = schemathesis.Config.from_dict(
        # Somebody else's etag is refused before the body is looked at, and so may a wrong body be.
        {"checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 409, 412, 415, 422]}}}
    )
    found: Any = schemathesis.openapi.from_dict(document, config=config).include(tag=tag).get_all_operations()
    return [result.ok() for result in found]


def attack(served: Instance, who: str, tag: str, ids: dict[str, str], modes: Sequence[GenerationMode] = MODES) -> None:
    """Send made-up requests to each operation of a tag, half of them to what is really there."""
    headers = {"Authorization": f"Bearer {served.tokens[who]}"} if who else {}
    with requests.Session() as session:
        for operation in operations(tag):
            known = {each.name: ids[each.name] for each in operation.path_parameters if each.name in ids}
            # What takes nothing cannot be asked wrongly.
            takes = operation.path_parameters or operation.query or operation.headers or operation.body
            for mode in modes if takes else modes[:1]:
                for there in places(who, known):
                    _send(served, operation, mode, there, session, headers)


def places(who: str, known: dict[str, str]) -> Sequence[dict[str, str]]:
    """Made-up ids and real ones; whom nothing of it concerns is answered the same to both, so the real ones will do."""
    return ([known] if who == "stranger" else [{}, known]) if known else [{}]


def _send(
    served: Instance, operation: Any, mode: GenerationMode, known: dict[str, str], session: requests.Session,
    headers: dict[str, str],
) -> None:  # fmt: skip
    strategy = operation.as_strategy(mode, path_parameters=known or None)

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES < 20,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def send(case: Any) -> None:
        case.call_and_validate(base_url=served.url, session=session, headers=headers, checks=CHECKS)

    send()


@pytest.mark.parametrize("tag", TAGS)
def test_a_member_with_every_right(served: Instance, tag: str) -> None:
    attack(served, "operator" if tag in ("APIs", "Prices") else "owner", tag, prepare(served))


@pytest.mark.parametrize("tag", TAGS)
def test_somebody_from_elsewhere(served: Instance, tag: str) -> None:
    attack(served, "stranger", tag, prepare(served), MODES[:1])


def test_nobody(served: Instance) -> None:
    ids = prepare(served)
    for tag in TAGS:
        attack(served, "", tag, ids, MODES[:1])
