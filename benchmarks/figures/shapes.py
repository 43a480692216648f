"""One project with KEYS keys, 200 endpoints in its scope and 100 webhook endpoints: its shape, a diff, a plan."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.stores import durable_stores
from freehold.apis import actions as apis
from freehold.apis.records import NewApi
from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import canonical_json
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import actions as organizations
from freehold.organizations.records import Actor
from freehold.production.applying.planning import plan_for
from freehold.production.applying.tools import Tools
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.records import Shape
from freehold.production.shape.rules import differences
from freehold.projects import actions as projects
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import NewProject, Project, Scope
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import actions as webhooks
from freehold.webhooks.actions import ENDPOINTS_MAX
from freehold.webhooks.records import EndpointSettings

KEYS: Final = int(os.environ.get("KEYS", "500"))
SCOPE: Final = 200
_GOAL_MS: Final = 100
_SECRET: Final = InstanceSecret(b"benchmark benchmark benchmark ben")
_TOOLS: Final = Tools(_SECRET, Settings())


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled store, its project, and the shape that it is to have: every key and every webhook endpoint is other."""

    store: Store
    project: Project
    present: Shape
    wanted: Shape


def measure(plan: Plan) -> Figure:
    """Fill both databases, then ask again and again."""
    series: list[Series] = []
    claims: list[Claim] = []
    with workshop() as folder, durable_stores(folder) as stores:
        for name, store in stores.items():
            filled = fill(store)
            with pinned(plan.server_core):
                asked = {what: Series(f"{name}: {what}", "ms", [], {"cpu_ms": []}, ours=True) for what in QUESTIONS}
                for ask in QUESTIONS.values():
                    ask(filled)
                for _ in range(plan.rounds):
                    for what, ask in QUESTIONS.items():
                        began, cpu_began = time.perf_counter(), time.thread_time()
                        ask(filled)
                        asked[what].beside["cpu_ms"].append(round((time.thread_time() - cpu_began) * 1000, 1))
                        asked[what].values.append(round((time.perf_counter() - began) * 1000, 1))
            series += asked.values()
            claims += [
                Claim(f"{what}, {name}", "ms", each.values, _GOAL_MS, at_most=True) for what, each in asked.items()
            ]
    return Figure(
        "shapes",
        f"A project with {KEYS} keys, {SCOPE} endpoints and {ENDPOINTS_MAX} webhook endpoints",
        series,
        claims,
        _NOTES,
    )


def _shape(filled: Filled) -> object:
    with filled.store.read() as tx:
        return canonical_json.fingerprint(read_shape(tx, filled.project))


def _diff(filled: Filled) -> object:
    return differences(filled.wanted, filled.present)


def _plan(filled: Filled) -> object:
    with filled.store.read() as tx:
        return plan_for(tx, _TOOLS, filled.project, filled.wanted, {})


QUESTIONS: Final[dict[str, Callable[[Filled], object]]] = {
    "shape, read and hashed": _shape,
    f"diff, {KEYS + ENDPOINTS_MAX} fields": _diff,
    "plan of all those changes": _plan,
}
_NOTES: Final = [
    f"In one process, without HTTP. A project has at most {ENDPOINTS_MAX} webhook endpoints, so the 200 endpoints are those of its scope.",
    "Half of the keys are narrowed to 20 endpoints each; all have a rate limit and a quota. The plan reads the shape, looks for faults and hashes both.",
    "Goal: each under 100 ms.",
]  # fmt: skip


def fill(store: Store) -> Filled:
    """The project, by the actions that people use."""
    operations = [f"operation_{number}" for number in range(SCOPE)]
    document = {
        "openapi": "3.1.0", "info": {"title": "Bench", "version": "1"},
        "paths": {f"/{each}": {"get": {"operationId": each}} for each in operations},
        "webhooks": {"thing.done": {"post": {}}},
    }  # fmt: skip
    with store.write() as tx:
        user, organization = organizations.set_up(tx, organizations.NewOperator("ada@example.com", "Ada", "x", "Acme"))
        owner = Actor("user", user.id, "Ada", user.id, True, {organization.id: frozenset({"owner"})})
        api = apis.create_api(tx, owner, NewApi("Bench", "bench"))
        apis.import_openapi(
            tx, owner, api.id, apis.read_openapi(owner, json.dumps(document).encode(), "application/json")
        )
        project = projects.create_project(tx, owner, organization.id, NewProject("Bench", "Measured", "bench"))
        projects.set_scope(tx, owner, project.id, Scope(operations, ["thing.done"]))
        for number in range(KEYS):
            narrowed = tuple(operations[number % 180 : number % 180 + 20]) if number % 2 else None
            settings = KeySettings(
                f"key-{number}", endpoints=narrowed, rate_limits=(RateLimit("burst", 20, 1),), quota=Quota(1000, "day")
            )
            keys.issue_key(tx, owner, _SECRET, "fh", project.id, settings)
        for number in range(ENDPOINTS_MAX):
            wanted = EndpointSettings(
                "https://example.com/", ("thing.done",), headers={"X-Number": str(number)}, slot=f"hook-{number}"
            )
            webhooks.create_endpoint(tx, owner, _SECRET, _TOOLS.settings, project.id, wanted)
    with store.read() as tx:
        present = read_shape(tx, project)
    return Filled(store, project, present, _changed(present))


def _changed(shape: Shape) -> Shape:
    def other(items: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {name: {**each, **more} for name, each in items.items()}

    return {**shape, "keys": other(shape["keys"], workload="other"), "webhooks": other(shape["webhooks"], fifo=True)}


if __name__ == "__main__":
    main("shapes")
