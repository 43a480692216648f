"""The instance that `freehold demo` fills, running, and the addresses of what is in it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.supervisor import commands
from tests.supervisor.instances import running

PASSWORD: Final = "six bells across the harbour"
OPERATOR: Final = "ada@northgate.example"
# Half a minute of work, when nothing else runs.
_FILL_PATIENCE_S: Final = 300.0


@dataclass(slots=True)
class Demo:
    """A running demo, seen as its operator sees it. Each of the others fills the placeholders of routes."""

    url: str
    session: str
    ids: dict[str, str] = field(default_factory=dict)
    production: dict[str, str] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)


def filled(shared: Path) -> Path:
    """A data directory filled by `freehold demo`: made once, whoever of the run's workers comes first."""
    data = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not data.exists():
            draft = shared / "demo-draft"
            _fill(draft)
            draft.rename(data)
    return data


def _fill(data: Path) -> None:
    with commands.start("demo", "--data", data, FREEHOLD_PASSWORD=PASSWORD) as process:
        try:
            _, errors = process.communicate(timeout=_FILL_PATIENCE_S)
        finally:
            process.kill()
    assert process.returncode == 0, errors


@contextmanager
def running_demo(template: Path, data: Path) -> Iterator[Demo]:
    """A copy of the filled data directory, served."""
    shutil.copytree(template, data)
    with running(data) as instance, httpx.Client(base_url=instance.url, timeout=commands.PATIENCE_S) as client:
        signed_in = client.post("/v1/session", json={"email": OPERATOR, "password": PASSWORD})
        assert signed_in.status_code == 201, signed_in.text
        client.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
        demo = Demo(instance.url, client.cookies["freehold_session"])
        _find(demo, client)
        yield demo


def _find(demo: Demo, client: httpx.Client) -> None:
    """Choose what stands for each placeholder: the project with most of everything, and the one whose receiver fails."""
    organizations = {each["slug"]: each["id"] for each in _list(client, "/v1/organizations")}
    projects = _list(client, f"/v1/organizations/{organizations['northgate']}/projects")
    named = {(each["slug"], each["environment"]): each["id"] for each in projects}
    asked = _list(client, "/v1/apis/example/readiness_checks")[0]["id"]
    requests = {each["state"]: each["id"] for each in _list(client, "/v1/access_requests")}
    everywhere = {
        "organization_id": organizations["northgate"], "api": "example", "own_check_id": asked, "access_request_id": requests["requested"],
        "approved_id": requests["approved"], "person": "me", "kind": "requests",
        "forwarding_id": _forwarding(client, organizations["northgate"]),
    }  # fmt: skip
    demo.ids = everywhere | _of_project(client, named["country-lookup", "sandbox"])
    demo.production = everywhere | _of_project(client, named["country-lookup", "production"])
    demo.failing = everywhere | _of_project(client, named["time-zone-sync", "sandbox"])


def _of_project(client: httpx.Client, project_id: str) -> dict[str, str]:
    at = f"/v1/projects/{project_id}"
    webhook = _list(client, f"{at}/webhooks")[0]["id"]
    found = {
        "project_id": project_id, "endpoint_id": webhook,
        "number": "1", "price_list_id": _list(client, "/v1/price_lists")[0]["id"],
        "key_id": _list(client, f"{at}/keys")[-1]["id"],
        "message_id": _list(client, f"{at}/messages")[0]["id"],
        "delivery_id": _list(client, f"/v1/webhooks/{webhook}/deliveries")[-1]["id"],
        "event_type": _list(client, f"{at}/messages")[0]["event_type"],
        "replay_id": _replay(client, webhook), "report_id": _report(client, at),
        "rule_id": _list(client, f"{at}/alerts")[0]["id"],
        "schedule_id": _list(client, f"{at}/report_schedules")[-1]["id"],
        "firing_id": next((each["id"] for each in _list(client, f"{at}/firings")), ""),
    }  # fmt: skip
    for kind in ("served", "denied", "throttled", "failed"):
        rows = _list(client, f"{at}/requests", kind=kind, limit="1")
        if rows:
            found["request_id" if kind == "served" else f"{kind}_id"] = rows[0]["id"]
    return found


def _replay(client: httpx.Client, webhook: str) -> str:
    """A replay to look at, that has nothing to do: no receiver is there."""
    answer = client.post(f"/v1/webhooks/{webhook}/replays", json={"to": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _forwarding(client: httpx.Client, organization_id: str) -> str:
    """A forwarding to look at, whose receiver is not there."""
    body = {"name": "Archive", "url": "http://127.0.0.1:1024/", "after": 0}
    answer = client.post(f"/v1/organizations/{organization_id}/forwardings", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _report(client: httpx.Client, project: str) -> str:
    """A report to look at."""
    answer = client.post(f"{project}/reports", json={"kind": "key_inventory"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _list(client: httpx.Client, path: str, **params: str) -> list[dict[str, Any]]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found
