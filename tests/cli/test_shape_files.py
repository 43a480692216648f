"""A project as a file: exported, planned, applied and looked back at by the commands, and by the CI example of the docs."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Commands, Operator

NewProject = Callable[..., dict[str, Any]]
DOCS = Path(__file__).parents[2] / "docs/as-code.md"


@pytest.fixture
def project(cli: Commands, new_project: NewProject) -> str:
    """A project that has one of everything."""
    made: str = new_project()["id"]
    cli("scope", "set", made, "-e", "get_country", "-e", "list_countries", "-t", "lookup.completed")
    cli(
        "keys",
        "issue",
        "-p",
        made,
        "--name",
        "web",
        "-e",
        "get_country",
        "--quota",
        "1000/day",
        "--allow",
        "192.0.2.0/24",
    )
    cli(
        "webhooks", "create", "-p", made, "--url", "http://127.0.0.1:1024/s3cret", "-t", "lookup.completed",
        "--description", "Orders", "--header", "X-Token:s3cret",
    )  # fmt: skip
    cli("alerts", "create", "-p", made, "--name", "Denials", "--metric", "denials", "-t", "2.5", "--window-s", "300")
    cli("alerts", "add-channel", "-p", made, "--name", "ops", "--url", "http://127.0.0.1:1024/s3cret")
    return made


def test_a_file_is_exported_planned_and_applied(cli: Commands, project: str, tmp_path: Path) -> None:
    file = tmp_path / "freehold.toml"
    text = cli("export", project)
    assert "s3cret" not in text
    file.write_text(text)
    Draft202012Validator(json.loads(cli("schema"))).validate(tomllib.loads(text))
    assert cli("plan", str(file)) == "Nothing to change: the project is as wanted.\n"

    changed = text.replace('period = "day"', 'period = "month"').replace(
        "[alert_channels.ops]", "[alert_channels.chat]"
    )
    file.write_text(
        changed + '"/alert_channels/chat/url" = "env:CHAT_URL"\n"/webhooks/orders/url" = "http://127.0.0.1:1024/new"\n'
    )
    assert "CHAT_URL, which is not set" in cli.fails("plan", str(file))
    planned = cli("plan", str(file), status=2, CHAT_URL="http://127.0.0.1:1024/chat")
    assert planned.splitlines()[:4] == [
        "+ /alert_channels/chat", "- /alert_channels/ops", "~ /keys/web/quota: limit 1000, period day → limit 1000, period month",
        "~ /webhooks/orders/url: another value",
    ]  # fmt: skip
    assert planned.splitlines()[-1] == "1 to add, 2 to change, 1 to take away."
    assert "Applied." in cli("apply", str(file), CHAT_URL="http://127.0.0.1:1024/chat")
    assert cli("plan", str(file), CHAT_URL="http://127.0.0.1:1024/chat").startswith("Nothing")
    assert "Nothing to change" in cli("apply", str(file), "--yes", CHAT_URL="http://127.0.0.1:1024/chat")

    cli("projects", "edit", project, "--purpose", "By hand")
    drifted = cli("plan", str(file), status=2, CHAT_URL="http://127.0.0.1:1024/chat")
    assert "~ /labels/purpose: By hand →" in drifted


def test_what_is_wrong_is_said_and_exits_with_one(cli: Commands, project: str, tmp_path: Path) -> None:
    file = tmp_path / "freehold.toml"
    assert "cannot be read" in cli.fails("plan", str(file))
    assert "Missing argument" in cli.fails("plan")
    file.write_text("labels =")
    assert "is not TOML" in cli.fails("plan", str(file))
    file.write_text(f'project = "{project}"\napi = "example"\nlabels = {{ name = "A" }}\n')
    assert "shape.labels.purpose: purpose is required" in cli.fails("apply", str(file), "--yes")
    file.write_text(cli("export", project) + '"/webhooks/none/url" = "http://127.0.0.1:1/"\n')
    assert "no slot '/webhooks/none/url'" in cli.fails("plan", str(file))
    file.write_text(cli("export", project).replace("[webhooks.orders]", "[webhooks.other]"))
    waiting = cli("plan", str(file), status=2)
    assert "! /webhooks/other/url needs a value first: The URL of other" in waiting
    assert "bindings./webhooks/other/url" in cli.call("apply", str(file), "--yes", status=1).stderr
    nowhere = cli.call("plan", str(file), status=1, FREEHOLD_URL="http://127.0.0.1:1")
    assert "does not answer" in nowhere.stderr


def test_the_history_is_listed_compared_and_restored(cli: Commands, project: str) -> None:
    before = cli.json("shape", "show", project)
    cli("projects", "edit", project, "--purpose", "By hand")
    assert "/labels/purpose" in cli("shape", "history", project, "--limit", "1")
    assert "~ /labels/purpose" in cli("shape", "diff", project, str(before["number"] + 1))
    assert "~ /labels/purpose: By hand →" in cli("shape", "restore", project, str(before["number"]), "--plan")
    assert "Applied." in cli("shape", "restore", project, str(before["number"]), "--yes")
    assert cli.json("shape", "show", project)["fingerprint"] == before["fingerprint"]
    assert "/webhooks/orders/url" in cli("shape", "show", project)


@pytest.mark.parametrize("branch", ["feature", "main"])
def test_the_ci_example_of_the_docs(
    cli: Commands, operator: Operator, project: str, tmp_path: Path, branch: str
) -> None:
    [script] = re.findall(r"```sh\n(# On a pull request.*?)```", DOCS.read_text(), re.DOTALL)
    (tmp_path / "freehold.toml").write_text(cli("export", project).replace('period = "day"', 'period = "month"'))
    environment = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "BRANCH": branch,
        "FREEHOLD_URL": operator.instance.url, "FREEHOLD_TOKEN": operator.token,
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ("Applied." in done.stdout) == (branch == "main")
    quota = cli.json("shape", "show", project)["shape"]["keys"]["web"]["quota"]
    assert quota["period"] == ("month" if branch == "main" else "day")


def test_the_file_of_the_docs_is_one(cli: Commands) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    Draft202012Validator(json.loads(cli("schema"))).validate(tomllib.loads(text))
