"""The list of PROJECTS sandbox projects, each with a production sibling: posture, readiness and drift of all, and the page that lists them."""

import os
import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import insert, text

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.stores import durable_stores
from freehold.dashboard.policy import new_nonce
from freehold.dashboard.templating import render_page
from freehold.dashboard.views.shell import OrganizationFrame, Person, Shell
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.overview.pages.projects import projects_view
from freehold.production.readiness.records import CODES
from freehold.projects import postures
from freehold.store.engine import Store
from freehold.store.schema import (
    apis,
    drift_heads,
    key_secrets,
    keys,
    members,
    organizations,
    project_owners,
    projects,
    readiness_results,
    users,
    webhook_endpoints,
)

PROJECTS: Final = int(os.environ.get("PROJECTS", "1000"))
_ORGANIZATION: Final = "org_1"
_ACTOR: Final = Actor("user", "usr_1", "Ada", "usr_1", False, {_ORGANIZATION: frozenset({"owner"})})
_GOAL_MS: Final = 150


def measure(plan: Plan) -> Figure:
    """Fill both databases, then ask for the list again and again: the postures alone, the page's data, the page."""
    series, claims = [], []
    with workshop() as folder, durable_stores(folder) as stores:
        for name, store in stores.items():
            fill(store)
            with store.engine.connect() as connection:
                # What PostgreSQL does by itself within a minute of so many new rows; SQLite has the same statement.
                connection.execute(text("ANALYZE"))
                connection.commit()
            with pinned(plan.server_core):
                asked = {what: Series(f"{name}: {what}", "ms", [], {"cpu_ms": []}, ours=True) for what in QUESTIONS}
                for ask in QUESTIONS.values():
                    ask(store)
                for _ in range(plan.rounds):
                    for what, ask in QUESTIONS.items():
                        began, cpu_began = time.perf_counter(), time.thread_time()
                        ask(store)
                        asked[what].beside["cpu_ms"].append(round((time.thread_time() - cpu_began) * 1000, 1))
                        asked[what].values.append(round((time.perf_counter() - began) * 1000, 1))
            series += asked.values()
            claims += [
                Claim(
                    f"{what}, {name}", "ms", each.values, _GOAL_MS if what in (_POSTURES, _PAGE) else None, at_most=True
                )
                for what, each in asked.items()
            ]
    return Figure("postures", f"{PROJECTS:,} projects and their siblings in one list", series, claims, _NOTES)


def _postures(store: Store) -> object:
    with store.read() as tx:
        return postures.list_projects(tx, _ACTOR, _ORGANIZATION, PROJECTS, environment="sandbox")


def _data(store: Store) -> Any:
    with store.read() as tx:
        return projects_view(tx, _ACTOR, _ORGANIZATION, clock.now())


def _page(store: Store) -> object:
    shell = Shell(
        now=clock.now(), csrf_token="", nonce=new_nonce(), here="projects", jumps=(),
        person=Person(name="Ada", email="ada@example.com", role="Owner", is_operator=False),
        organization=OrganizationFrame(id=_ORGANIZATION, name="Acme"), organizations=(), project=None, notice=None,
    )  # fmt: skip
    return render_page("projects/list.html.j2", shell, _data(store))


_POSTURES: Final = f"postures of {PROJECTS:,} sandbox projects"
_PAGE: Final = f"the first page, rendered, of {PROJECTS:,} pairs"
QUESTIONS: Final[dict[str, Callable[[Store], object]]] = {
    _POSTURES: _postures,
    f"the first page's data, of {PROJECTS:,} pairs": _data,
    _PAGE: _page,
}
_NOTES: Final = [
    "In one process, without HTTP: one read transaction, and for the page its HTML. Goal: the postures, and the page, under 150 ms.",
    "The page shows 50 pairs, those that need attention first: for that it looks at every project of the organization.",
    "Each project has an owner, two keys and a webhook endpoint, each sandbox its readiness and its count of drift.",
    "No usage was counted, so that the sums of the last day are empty. Both databases were analysed after they were filled.",
]  # fmt: skip


def fill(store: Store) -> None:
    """Rows as the actions would leave them, written at once."""
    now = clock.now()
    with store.write() as tx:
        tx.execute(
            insert(organizations).values(id=_ORGANIZATION, name="Acme", slug="acme", is_operator=False, created_at=now)
        )
        tx.execute(
            insert(users).values(
                id="usr_1", email="ada@example.com", name="Ada", password_hash="x", is_operator=False, created_at=now
            )
        )
        tx.execute(insert(members).values(organization_id=_ORGANIZATION, user_id="usr_1", role="owner", joined_at=now))
        tx.execute(insert(apis).values(id="api_1", slug="api", name="API", created_at=now))
        for environment in ("sandbox", "production"):
            tx.execute(insert(projects), [_project(number, environment, now) for number in range(PROJECTS)])
            ids = [_id(number, environment) for number in range(PROJECTS)]
            tx.execute(insert(project_owners), [
                {"project_id": each, "user_id": "usr_1", "duty": "technical", "organization_id": _ORGANIZATION} for each in ids
            ])  # fmt: skip
            named = [(each, environment, number) for each in ids for number in (1, 2)]
            tx.execute(insert(keys), [
                {"id": f"key_{each}_{number}", "project_id": each, "environment": environment, "name": f"key-{number}",
                 "state": "active", "created_by": "Ada", "created_at": now, "narrowed": False}
                for each, environment, number in named
            ])  # fmt: skip
            tx.execute(insert(key_secrets), [
                {"key_id": f"key_{each}_{number}", "project_id": each, "environment": environment, "selector": f"{each}{number}", "version": 1,
                 "digest": b"x" * 32, "last4": "0000", "state": "active", "created_at": now}
                for each, environment, number in named
            ])  # fmt: skip
            tx.execute(insert(webhook_endpoints), [
                {"id": f"whe_{each}", "project_id": each, "environment": environment, "url": "https://example.com/",
                 "headers": {}, "state": "active", "created_by": "Ada", "created_at": now, "slot": "hook"}
                for each in ids
            ])  # fmt: skip
        tx.execute(insert(drift_heads), [
            {"sandbox_id": _id(number, "sandbox"), "production_id": _id(number, "production"), "differences": number % 3, "unaccepted": number % 2 and number % 3,
             "known": [], "changed_at": now, "owes_mail": False}
            for number in range(PROJECTS)
        ])  # fmt: skip
        tx.execute(insert(readiness_results), [
            {"project_id": _id(number, "sandbox"), "code": code, "state": "failed" if (number + place) % 7 == 0 else "passed", "blocking": True,
             "since_at": now}
            for number in range(PROJECTS)
            for place, code in enumerate(CODES)
        ])  # fmt: skip


def _id(number: int, environment: str) -> str:
    return f"proj_{environment[:4]}{number:05}"


def _project(number: int, environment: str, now: Any) -> dict[str, Any]:
    is_live = environment == "production"
    return {
        "id": _id(number, environment), "organization_id": _ORGANIZATION, "api_id": "api_1", "environment": environment,
        "sandbox_id": _id(number, "sandbox") if is_live else None, "sandbox_environment": "sandbox" if is_live else None,
        "name": f"Project {number}", "slug": f"project-{number}", "purpose": "One of very many", "state": "active",
        "created_by": "Ada", "created_at": now,
    }  # fmt: skip


if __name__ == "__main__":
    main("postures")
