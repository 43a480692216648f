"""The commands of production access against a running instance: asked by a developer, reviewed by the operator."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from freehold.kit import clock
from tests.cli.conftest import Commands, Operator

NewProject = Callable[..., dict[str, Any]]


def developer(operator: Operator, cli: Commands, home: Path, email: str = "dan@example.com") -> Commands:
    """The commands as a developer of the same organization calls them, whom the operator has invited."""
    invited = cli.json("members", "invite", email, "--role", "developer")
    with httpx.Client(base_url=operator.instance.url, timeout=60) as client:
        account = {"token": invited["link"].partition("#token=")[2], "name": "Dan", "password": "a few unrelated words"}
        joined = client.post("/v1/invitations/accept", json=account)
        assert joined.status_code == 201, joined.text
        csrf = {"X-CSRF-Token": joined.json()["csrf_token"]}
        token = client.post("/v1/tokens", json={"name": "CLI"}, headers=csrf).json()["token"]
    url, organization = operator.instance.url, operator.organization
    return Commands(home, FREEHOLD_URL=url, FREEHOLD_TOKEN=token, FREEHOLD_ORGANIZATION=organization)


def test_access(operator: Operator, cli: Commands, new_project: NewProject, tmp_path: Path) -> None:
    project, team = new_project()["id"], developer(operator, cli, tmp_path)
    launch = f"{clock.now().date() + timedelta(days=30)}"
    asked = ("--use-case", "Title search", "--from", "100", "--to", "5000", "--peak", "5", "--launch", launch)
    made = team.json("access", "request", "-p", project, *asked)
    assert made["state"] == "requested"
    shown = cli("access", "show", made["id"])
    assert "100 to 5,000 requests a day, at most 5 a second" in shown
    assert "requested, waits for the reviewer" in shown
    assert made["id"] in cli("access", "list", "--state", "requested")
    assert made["id"] in team("access", "list", "-p", project)
    assert "There is no access request here" in team("access", "list", "--waiting-on", "requester")
    assert "has an open request already" in team.fails("access", "request", "-p", project, *asked)
    assert "Reviewers decide" in team.fails("access", "deny", made["id"], "--reason", "No.")
    cli("access", "comment", made["id"], "Which workload is it?")
    assert cli.json("access", "ask-for-changes", made["id"], "Fewer, please.")["waiting_on"] == "requester"
    assert team.json("access", "answer", made["id"], "Fewer.", "--to", "4000")["requests_a_day_to"] == 4000
    assert "shape has changed since you looked" in cli.fails("access", "approve", made["id"], "--fingerprint", "0" * 64)
    blocked = cli.fails("access", "approve", made["id"], "--fingerprint", made["present_fingerprint"])
    assert "blocking check" in blocked
    denied = cli("access", "deny", made["id"], "--reason", "Nothing has called it yet.")
    assert "Nothing has called it yet." in denied
    again = team.json("access", "request", "-p", project, *asked)
    everything = [
        part
        for code in cli.json("readiness", "policy", "show", "example")["blocking"]
        for part in ("--do-not-block", code)
    ]
    cli("readiness", "policy", "set", "example", *everything)
    try:
        approved = cli.json("access", "approve", again["id"], "--fingerprint", again["present_fingerprint"])
        assert (approved["state"], approved["decided_by"]["name"]) == ("approved", "Ada Lovelace")
    finally:
        cli(
            "readiness",
            "policy",
            "set",
            "example",
            *["--block" if part == "--do-not-block" else part for part in everything],
        )
    assert "withdrawn" in team("access", "withdraw", again["id"], "--yes")
    assert "not yours to see" in team.fails("access", "show", "acr_0000000000000000000000000a")
