"""Every resource's commands against a running instance: made, shown, changed, ended."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from freehold.kit import clock
from tests.cli.conftest import PASSWORD, Commands, Operator

NewProject = Callable[..., dict[str, Any]]


def test_projects(cli: Commands) -> None:
    made = cli.json(
        "projects",
        "create",
        "Quarry",
        "--purpose",
        "Stone",
        "--owner",
        "ada@example.com:billing",
        "--owner",
        "ada@example.com",
    )
    assert {owner["duty"] for owner in made["owners"]} == {"technical", "billing"}
    assert cli.json("projects", "show", "quarry")["id"] == made["id"]
    assert cli.json("projects", "show", "Quarry")["id"] == made["id"]
    changed = cli.json("projects", "edit", "quarry", "--purpose", "Gravel", "--use-case", "Roads")
    assert (changed["purpose"], changed["use_case"], changed["name"]) == ("Gravel", "Roads", "Quarry")
    assert cli.json("projects", "edit", "quarry", "--use-case", "")["use_case"] is None
    assert "Gravel" in cli("projects", "show", "quarry")
    assert cli.json("projects", "archive", "quarry")["state"] == "archived"
    assert [each["id"] for each in cli.json("projects", "list", "--archived")["data"]] == [made["id"]]
    assert cli.json("projects", "restore", "quarry")["state"] == "active"
    assert "quarry" in cli("projects", "list", "--environment", "sandbox", "--search", "gravel")
    assert "There is no project" in cli("projects", "list", "--environment", "production", "--search", "gravel")


def test_a_project_that_is_not_there_lists_those_that_are(cli: Commands, new_project: NewProject) -> None:
    slug = new_project()["slug"]
    assert slug in cli.fails("projects", "show", "nowhere")
    assert "There is no such project" in cli.fails("projects", "show", "proj_0000000000000000000000000a")


def test_lists_go_on_where_they_ended(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    for name in ("one", "two", "three"):
        cli("keys", "issue", "-p", project, "--name", name)
    first = cli.json("keys", "list", "-p", project, "--limit", "2")
    assert [each["name"] for each in first["data"]] == ["three", "two"]
    rest = cli.json("keys", "list", "-p", project, "--limit", "2", "--cursor", first["next_cursor"])
    assert [each["name"] for each in rest["data"]] == ["one"]
    assert "--cursor" in cli.call("keys", "list", "-p", project, "--limit", "2").stderr


def test_scope(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    whole = cli.json("scope", "show", project)
    assert "get_country" in whole["endpoints"]
    assert "lookup.completed" in whole["event_types"]
    assert "get_country" not in cli.json("scope", "remove", project, "-e", "get_country")["endpoints"]
    added = cli.json("scope", "add", project, "-e", "get_country")
    assert sorted(added["endpoints"]) == sorted(whole["endpoints"])
    assert "get_country" in cli("scope", "show", project)
    assert "nothing_known" in cli.fails("scope", "add", project, "-e", "nothing_known")


def test_keys(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    expires_at = clock.to_text(clock.now() + timedelta(days=30))
    settings = (
        "--workload",
        "nightly",
        "-e",
        "get_country",
        "--allow",
        "192.0.2.0/24",
        "--rate-limit",
        "10/60",
        "--expires-at",
        expires_at,
    )
    key = cli.json("keys", "issue", "-p", project, "--name", "batch", *settings)
    assert key["endpoints"] == ["get_country"]
    assert key["rate_limit"] == {"limit": 10, "window_s": 60}
    changed = cli.json(
        "keys",
        "edit",
        key["id"],
        "--rate-limit",
        "20/60",
        "--clear",
        "endpoints",
        "--clear",
        "expires-at",
        "--clear",
        "allow",
    )
    assert (changed["rate_limit"]["limit"], changed["endpoints"], changed["expires_at"], changed["allowed_cidrs"]) == (
        20,
        None,
        None,
        [],
    )
    shown = cli("keys", "show", key["id"])
    assert "20 in 60 s" in shown
    assert "nightly" in shown
    printed = cli("keys", "issue", "-p", project, "--name", "shown")
    assert "fh_test_" in printed
    assert "shown this once" in printed
    assert "fh_test_" not in cli("keys", "list", "-p", project)
    rotated = cli.json("keys", "rotate", key["id"], "--overlap-s", "3600", "--hold")
    assert (rotated["secret"][:8], len(rotated["secrets"])) == ("fh_test_", 2)
    assert "Version 1 still serves" in cli.fails("keys", "rotate", key["id"])
    assert "retiring, held" in cli("keys", "secrets", key["id"])
    ending = cli("keys", "overlap", key["id"], "1", "--no-hold")
    assert "Version 1 serves until" in ending
    assert "still in use" not in ending
    assert "Version 1 of" in cli("keys", "retire", key["id"], "1")
    assert [each["state"] for each in cli.json("keys", "secrets", key["id"])] == ["active", "retired"]
    assert "shown this once" in cli("keys", "rotate", key["id"], "--overlap-s", "0")
    revoked = cli("keys", "revoke", key["id"])
    assert "is revoked" in revoked
    assert "decide" in revoked


def test_limits_of_keys_and_projects(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    limits = ("--rate-limit", "600/60", "--rate-limit", "burst=20/1", "--quota", "1000/day")
    named = [{"name": "requests", "limit": 600, "window_s": 60}, {"name": "burst", "limit": 20, "window_s": 1}]
    key = cli.json("keys", "issue", "-p", project, "--name", "limited", *limits)
    made = cli.json("projects", "edit", project, *limits)
    for owner in (key, made):
        assert (owner["rate_limits"], owner["quota"]) == (named, {"limit": 1000, "period": "day"})
    for shown in (cli("keys", "show", key["id"]), cli("projects", "show", project)):
        assert "requests 600 in 60 s, burst 20 in 1 s" in shown
        assert "1000 in each day" in shown
        assert "1000; 0 used; resets" in shown
    explained = cli("explain", key["id"], "-e", "get_country", "--cost", "20")
    assert "key:burst: 0 of 20 left (not known here, taken as whole)" in explained
    assert "no wait lets it pass" in cli("explain", key["id"], "-e", "get_country", "--cost", "21")
    changed = cli.json("keys", "edit", key["id"], "--rate-limit", "burst=5/1", "--clear", "quota")
    assert (changed["rate_limits"], changed["quota"]) == ([{"name": "burst", "limit": 5, "window_s": 1}], None)
    cleared = cli.json("projects", "edit", project, "--clear", "rate-limit", "--clear", "quota")
    assert (cleared["rate_limits"], cleared["quota"]) == ([], None)
    for wrong in (
        ("--rate-limit", "fast"),
        ("--rate-limit", "=5/1"),
        ("--rate-limit", "a=b=5"),
        ("--quota", "5"),
        ("--quota", "x/day"),
    ):
        assert "should be like" in cli.fails("keys", "edit", key["id"], *wrong, status=2)
    assert "quota.period" in cli.fails("projects", "edit", project, "--quota", "5/week")


def test_webhooks(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    arguments = ("--url", "http://127.0.0.1:65535/hooks", "-t", "lookup.completed", "--header", "X-Team: land")
    made = cli.json("webhooks", "create", "-p", project, *arguments)
    assert made["headers"] == {"X-Team": "land"}
    assert made["id"] in cli("webhooks", "list", "-p", project)
    assert "http://127.0.0.1:65535/hooks" in cli("webhooks", "show", made["id"])
    assert "did not accept" in cli.call("webhooks", "test", made["id"], status=1).stderr
    assert cli.json("webhooks", "test", made["id"], status=1)["accepted"] is False
    paced = cli.json("webhooks", "edit", made["id"], "--in-order", "--max-per-second", "20", "--v1a")
    assert (paced["fifo"], paced["max_per_second"], paced["v1a"]) == (True, 20, True)
    assert paced["signing_secrets"][0]["public_key"] in cli("webhooks", "show", made["id"])
    freed = cli.json("webhooks", "edit", made["id"], "--side-by-side", "--max-per-second", "0")
    assert (freed["fifo"], freed["max_per_second"], freed["v1a"]) == (False, None, True)
    assert "Say what to change" in cli.call("webhooks", "edit", made["id"], status=2).stderr
    assert cli.json("webhooks", "pause", made["id"])["state"] == "paused"
    assert cli.json("webhooks", "resume", made["id"])["state"] == "active"
    rotated = cli.json("webhooks", "rotate-secret", made["id"], "--overlap-s", "60")
    assert rotated["signing_secret"] != made["signing_secret"]
    assert cli.json("webhooks", "delete", made["id"]) is None
    assert "no such webhook" in cli.fails("webhooks", "show", made["id"])


def test_apis(cli: Commands, tmp_path: Path) -> None:
    made = cli.json(
        "apis", "create", "Parks", "--sandbox", "http://127.0.0.1:9001", "--production", "http://127.0.0.1:9002"
    )
    document = tmp_path / "parks.yaml"
    document.write_text(
        "openapi: 3.1.0\ninfo: {title: Parks, version: '1'}\n"
        "paths:\n  /parks:\n    get: {operationId: list_parks, summary: List parks, responses: {'200': {description: Parks}}}\n"
    )
    assert cli.json("apis", "import", "parks", str(document))["endpoints"]["added"] == ["list_parks"]
    assert "0 added" in cli("apis", "import", "parks", "-", given=document.read_text())
    assert "list_parks" in cli("apis", "endpoints", "parks")
    assert "no event type" in cli("apis", "event-types", "parks")
    edited = cli.json("apis", "edit", made["id"], "--production", "")
    assert edited["upstreams"] == {"sandbox": "http://127.0.0.1:9001", "production": None}
    assert "It fails open" in cli("apis", "edit", "parks", "--fail-open")
    assert "It fails open" not in cli("apis", "edit", "parks", "--fail-closed")
    assert "Parks" in cli("apis", "show", "parks")
    assert {"parks", "example"} <= {each["slug"] for each in cli.json("apis", "list")["data"]}
    (tmp_path / "parks.txt").touch()
    assert "should end in" in cli.fails("apis", "import", "parks", str(tmp_path / "parks.txt"), status=2)


def test_tokens(cli: Commands) -> None:
    own = cli.json("tokens", "create", "--name", "laptop")
    assert own["token"].startswith("fhp_")
    service = cli.json("tokens", "create", "--name", "gateway", "--service-of", "acme", "--role", "verifier")
    assert service["token"].startswith("fho_")
    assert own["id"] in cli("tokens", "list")
    assert service["id"] in cli("tokens", "list", "--service-of", "acme")
    cli("tokens", "revoke", own["id"])
    assert own["id"] not in cli("tokens", "list")
    assert "unknown, expired or revoked" in cli.fails("tokens", "list", FREEHOLD_TOKEN=own["token"])


def test_members_and_organizations(cli: Commands, operator: Operator) -> None:
    assert "ada@example.com" in cli("members", "list")
    invited = cli.json("members", "invite", "grace@example.com", "--role", "developer")
    assert "/invitation#token=" in invited["link"]
    second = cli.json("organizations", "create", "Northgate")
    assert {"acme", "northgate"} <= {each["slug"] for each in cli.json("organizations", "list")["data"]}
    # With two organizations it has to be said which is meant.
    assert "acme, northgate" in cli.fails("members", "list", FREEHOLD_ORGANIZATION="")
    assert cli.json("members", "list", FREEHOLD_ORGANIZATION="Northgate")["data"][0]["role"] == "owner"
    assert cli.json("members", "list", "--organization", operator.organization)["data"]
    assert second["id"]


def test_signing_in_and_out(stranger: Commands, operator: Operator) -> None:
    url = operator.instance.url
    assert "password is wrong" in stranger.fails(
        "sign-in", "--url", url, "--email", "ada@example.com", FREEHOLD_PASSWORD="wrong wrong wrong"
    )
    stranger("sign-in", "--url", f"{url}/", "--email", "ada@example.com", FREEHOLD_PASSWORD=PASSWORD)
    [kept] = [path for path in Path(str(stranger.environment["HOME"])).rglob("*") if path.is_file()]
    assert kept.stat().st_mode & 0o077 == 0
    assert PASSWORD not in kept.read_text()
    tokens = stranger.json("tokens", "list")["data"]
    assert tokens[0]["name"].startswith("freehold on ")
    # The kept token is for that instance and goes to no other.
    assert "no access token" in stranger.fails("tokens", "list", status=2, FREEHOLD_URL="http://127.0.0.1:9")
    stranger("sign-out")
    assert not kept.exists()
    assert "not signed in" in stranger("sign-out")
    assert tokens[0]["id"] not in stranger("tokens", "list", FREEHOLD_URL=url, FREEHOLD_TOKEN=operator.token)


def test_signing_in_with_a_token(stranger: Commands, operator: Operator) -> None:
    stranger("sign-in", "--url", operator.instance.url, "--with-token", given=f"{operator.token}\n")
    assert stranger.json("organizations", "list")["data"]


def test_setting_up_a_second_time_is_refused(stranger: Commands, operator: Operator) -> None:
    arguments = ("--data", str(operator.instance.data), "--email", "eve@example.com", "--organization", "Eve")
    text = stranger.fails("setup", *arguments, FREEHOLD_PASSWORD=PASSWORD)
    assert text.startswith("freehold: This instance is set up already.")


def test_setting_up_with_wrong_answers_says_which(stranger: Commands, tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "data"), "--email", "nobody", "--organization", "Eve")
    text = stranger.fails("setup", *arguments, FREEHOLD_PASSWORD="short")
    assert "Some fields are not right" in text


def test_completion(stranger: Commands) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_FREEHOLD_COMPLETE" in stranger("completion", shell)


def test_the_audit_log(cli: Commands, new_project: NewProject) -> None:
    project = new_project()
    listed = cli.json("audit", "list", "--project", project["id"], "--action", "project.created")["data"]
    assert [each["subject"]["id"] for each in listed] == [project["id"]]
    assert "project.created" in cli("audit", "list", "--action", "project.created")
    assert cli.json("audit", "verify")["verified"] is True
    assert "whole" in cli("audit", "verify")
