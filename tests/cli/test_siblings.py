"""Bindings, clone, drift and promotion by commands, with the exit statuses that CI goes by."""

from collections.abc import Callable
from typing import Any

import pytest

from freehold.production.applying.tools import Tools
from freehold.production.bindings import actions as bindings_actions
from freehold.production.clone import actions as clone_actions
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.rules import binding_slots
from freehold.production.watching import watch
from freehold.projects import queries as projects
from freehold.settings import Settings
from freehold.store import instance_secret
from freehold.store.engine import open_sqlite
from tests.cli.conftest import Commands, Operator
from tests.http.served import SYSTEM

NewProject = Callable[..., dict[str, Any]]


def go_live(operator: Operator, project_id: str) -> str:
    """The production sibling, as a clone that somebody approved makes it."""
    settings = Settings(data=operator.instance.data)
    store = open_sqlite(settings.data / "freehold.db")
    watch(store)
    with store.write() as tx:
        sandbox = projects.find_project(tx, project_id)
        assert sandbox is not None
        shape = read_shape(tx, sandbox)
        values = bindings_actions.people_as_values(tx, sandbox, binding_slots(shape))
        tools = Tools(instance_secret.load(settings), settings)
        made = clone_actions.make_sibling(tx, SYSTEM, tools, sandbox, shape, values)
    store.close()
    return made.production.id


def test_what_production_needs_is_given_and_a_clone_asks_for_an_approval(
    cli: Commands, new_project: NewProject
) -> None:
    project = new_project()["slug"]
    cli(
        "webhooks",
        "create",
        "-p",
        project,
        "--url",
        "http://127.0.0.1:9000/hooks",
        "--description",
        "Orders",
        "-t",
        "lookup.completed",
    )
    slot = "/webhooks/orders/url"
    assert slot in cli("bindings", "list", project)
    assert cli.json("bindings", "list", project)["missing"] == 1
    assert "https" in cli.fails("bindings", "set", project, "--bind", f"{slot}=http://127.0.0.1/")
    given = cli.json("bindings", "set", project, "--bind", f"{slot}=env:HOOK", HOOK="https://example.com/very-secret")
    assert given["missing"] == 0
    assert "very-secret" not in cli("bindings", "list", project)
    assert cli.json("bindings", "set", project, "--clear", slot)["missing"] == 1
    assert "HOOK" in cli.fails("bindings", "set", project, "--bind", f"{slot}=env:HOOK", status=2)
    plan = cli("clone", project, "--plan")
    assert f"Needs --bind {slot}=…" in plan
    assert "not approved" in cli.fails("clone", project, "--bind", f"{slot}=https://example.com/", "--yes")


def test_drift_is_promoted_reverted_and_accepted(cli: Commands, new_project: NewProject, operator: Operator) -> None:
    project = new_project()["id"]
    assert "made by cloning" in cli.fails("drift", project)
    production = go_live(operator, project)
    assert "declare the same" in cli("drift", project)
    assert cli.json("clone", project, "--yes")["production"] == production
    cli("projects", "edit", project, "--purpose", "More", "--use-case", "Sea", "--product-line", "Ships")
    assert "/labels/purpose" in cli("drift", production, status=2)
    assert cli.json("promote", project, "/labels/purpose", "--plan", status=2)["items"] == ["/labels/purpose"]
    cli("promote", project, "/labels/purpose", "--yes")
    cli("revert", project, "/labels/use_case", "--yes")
    accepted = cli.json("accept", project, "/labels/product_line", "--reason", "Named otherwise", "--days", "3")
    assert accepted["unaccepted"] == 0
    assert "Named otherwise" in cli("drift", project)
    assert cli.json("accept", project, "/labels/product_line", "--withdraw")["unaccepted"] == 1
    cli("promote", project, "--all", "--yes")
    assert "nothing" in cli("promote", project, "--all", "--yes")
    assert "locked" in cli("lock", project)
    assert "is locked" in cli.fails("projects", "edit", production, "--purpose", "Directly")
    assert "not locked" in cli("unlock", production)


@pytest.mark.parametrize(
    "arguments",
    [("promote", "x"), ("promote", "x", "/a", "--all"), ("bindings", "set", "x"), ("clone", "proj_x", "--bind", "a")],
)
def test_what_is_said_wrongly_is_said_so(cli: Commands, arguments: tuple[str, ...]) -> None:
    assert cli.call(*arguments, status=2).stdout == ""
