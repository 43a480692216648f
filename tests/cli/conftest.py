"""A running, set-up instance for all tests of the commands, and the commands called in this process."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from freehold.cli.root import freehold
from tests.supervisor import commands
from tests.supervisor.instances import Instance, running

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Operator:
    """The account that set the instance up."""

    instance: Instance
    organization: str
    token: str


@pytest.fixture(scope="package")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An instance on which `freehold setup` was done while it runs."""
    with running(tmp_path_factory.mktemp("cli") / "data") as instance:
        arguments = ("--email", "ada@example.com", "--name", "Ada Lovelace", "--organization", "Acme", "--json")
        done = commands.run("setup", "--data", instance.data, *arguments, FREEHOLD_PASSWORD=PASSWORD)
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        assert set(made) == {"organization", "user", "token"}
        yield Operator(instance, made["organization"], made["token"])


class Commands:
    """The commands, as somebody calls them who has this environment."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.environment: dict[str, str | None] = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            **environment,
        }

    def call(self, *arguments: str, given: str | None = None, status: int = 0, **environment: str) -> Result:
        """Run a command and expect an exit status."""
        result = CliRunner().invoke(freehold, arguments, input=given, env={**self.environment, **environment})
        assert result.exit_code == status, result.output + repr(result.exception)
        return result

    def __call__(self, *arguments: str, **expected: Any) -> str:
        """What a command prints."""
        return self.call(*arguments, **expected).stdout

    def json(self, *arguments: str, **expected: Any) -> Any:
        """What a command prints with `--json`."""
        return json.loads(self(*arguments, "--json", **expected))

    def fails(self, *arguments: str, status: int = 1, **more: Any) -> str:
        """What a command says when it fails."""
        result = self.call(*arguments, status=status, **more)
        assert result.stdout == ""
        return result.stderr


@pytest.fixture
def cli(operator: Operator, tmp_path: Path) -> Commands:
    """The commands as the operator calls them in a script."""
    return Commands(
        tmp_path,
        FREEHOLD_URL=operator.instance.url,
        FREEHOLD_TOKEN=operator.token,
        FREEHOLD_ORGANIZATION=operator.organization,
    )


@pytest.fixture
def stranger(tmp_path: Path) -> Commands:
    """The commands as somebody calls them who never signed in."""
    return Commands(tmp_path)


@pytest.fixture
def new_project(cli: Commands, request: pytest.FixtureRequest) -> Callable[..., dict[str, Any]]:
    """Make a project of the test's own, with the whole catalogue as its scope."""

    def make(name: str = request.node.name) -> dict[str, Any]:
        project: dict[str, Any] = cli.json("projects", "create", name[:50], "--purpose", "Tries the commands")
        cli("scope", "set", project["id"], "--all")
        return project

    return make
