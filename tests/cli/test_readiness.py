"""The commands of readiness against a running instance: for people, for CI by their exit status, and for the operator."""

from collections.abc import Callable
from typing import Any

from tests.cli.conftest import Commands

NewProject = Callable[..., dict[str, Any]]


def test_readiness(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    shown = cli.call("readiness", "show", project, status=2).stdout
    assert "A second owner can rotate keys (blocks)" in shown
    assert f"freehold projects edit {project} --owner …" in shown
    policy = cli.json("readiness", "policy", "show", "example")
    everything = [part for code in policy["blocking"] for part in ("--do-not-block", code)]
    changed = cli.json("readiness", "policy", "set", "example", *everything, "--lookup-days", "3", "--material", "keys")
    assert (changed["blocking"], changed["lookup_days"], changed["material"]) == ([], 3, ["keys"])
    assert "0 block production" in cli("readiness", "show", project)
    check = ("--code", "sign_off", "--title", "Sign-off", "--role", "owner")
    made = cli.json("readiness", "policy", "add-check", "example", *check)
    assert "Say either --role" in cli.fails("readiness", "policy", "add-check", "example", *check[:4], status=2)
    assert "Sign-off" in cli("readiness", "policy", "checks", "example")
    assert cli.json("readiness", "show", project, status=2)["next"] == "sign_off"
    said = cli.json("readiness", "attest", project, "sign_off", "-w", "All is well.")
    assert cli.json("readiness", "show", project)["ready"] is True
    assert "All is well." in cli("readiness", "said", project)
    assert cli.json("readiness", "withdraw", said["id"])["withdrawn_at"] is not None
    assert cli.json("readiness", "policy", "edit-check", made["id"], "--is-shown")["blocking"] is False
    assert "is attested by a person" in cli.fails("readiness", "run", project, "sign_off")
    assert "No HTTP check was called yet" in cli("readiness", "results", project)
    cli("readiness", "policy", "remove-check", made["id"], "--yes")
    key = cli.json("keys", "issue", "-p", project, "--name", "cli")["id"]
    finding = ("--key", key, "--finding", "never_expires", "--reason", "Rotated by hand")
    accepted = cli.json("readiness", "accept", project, *finding, "--days", "7")
    assert accepted["key_name"] == "cli"
    assert cli.json("readiness", "withdraw", accepted["id"])["withdrawn_at"] is not None
    blocking = [part for code in policy["blocking"] for part in ("--block", code)]
    cli("readiness", "policy", "set", "example", *blocking, "--lookup-days", "7")
