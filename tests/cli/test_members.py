"""Taking people out of an organization by command, against a running instance."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from freehold.store.engine import open_sqlite
from tests.cli.conftest import Commands, Operator
from tests.cli.test_access import developer
from tests.keeping.live_project import insert_sibling

NewProject = Callable[..., dict[str, Any]]


@pytest.fixture
def team(operator: Operator, cli: Commands, tmp_path: Path) -> Commands:
    """The commands as Eve calls them, a developer of the operator's organization."""
    return developer(operator, cli, tmp_path, "eve@example.com")


def test_whom_a_live_project_needs_is_not_removed(
    operator: Operator, cli: Commands, team: Commands, new_project: NewProject
) -> None:
    sandbox = new_project()
    with closing(open_sqlite(operator.instance.data / "freehold.db")) as store, store.write() as tx:
        live = insert_sibling(tx, sandbox["id"])
    cli("projects", "edit", live, "--owner", "eve@example.com")
    words = f"Nobody else is a technical owner of {sandbox['name']} in production: name another one first."
    assert words in cli.fails("members", "remove", "eve@example.com", "--yes")
    assert words in team.fails("members", "remove", "me", "--yes")
    cli("projects", "edit", live, "--owner", "ada@example.com")
    assert team("members", "remove", "me", "--yes") == "You have left the organization.\n"
    assert "eve@example.com" not in cli("members", "list")
    assert "There is no member 'eve@example.com'" in cli.fails("members", "remove", "eve@example.com", "--yes")
    assert "An organization needs an owner" in cli.fails("members", "remove", "me", "--yes")


def test_a_member_is_removed_by_address_or_id(operator: Operator, cli: Commands, tmp_path: Path) -> None:
    developer(operator, cli, tmp_path, "fay@example.com")
    assert cli("members", "remove", "Fay@example.com", "--yes") == "Dan is no member any more.\n"
    developer(operator, cli, tmp_path, "gil@example.com")
    found = next(each["user"] for each in cli.json("members", "list")["data"] if each["email"] == "gil@example.com")
    assert cli.json("members", "remove", found, "--yes") is None
    assert "gil@example.com" not in cli("members", "list")
