"""An instance that sends webhooks to the sink: its database, its tasks process, and messages made for it in bulk."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import func, insert, select, update

from benchmarks.plan import ROOT, CannotMeasure, Plan
from benchmarks.processes import cpu_s, family, free_port, server, status_of
from benchmarks.sink import Figures
from freehold.kit import clock, ids
from freehold.settings import Settings
from freehold.store.engine import Store, open_store
from freehold.store.schema import (
    deliveries,
    messages,
    projects,
    scope_event_types,
    webhook_endpoints,
    webhook_secrets,
    webhook_subscriptions,
)
from freehold.webhooks import sealing
from freehold.webhooks.actions import ENDPOINTS_MAX
from tests.databases import SECRET
from tests.webhooks.world import World, make_world

_PATIENCE_S = 180.0
_PAYLOAD = {"country": "DK", "count": 3, "note": "x" * 200}


@dataclass
class Sending:
    """A database with endpoints, and where they send to."""

    world: World
    sink_port: int
    # Endpoint ids, each with its project's.
    projects: dict[str, str]
    endpoints: list[str]
    hanging: list[str]
    # The last place in the line of each endpoint that receives in order; empty where none does.
    places: Counter[str] | None = None

    @property
    def store(self) -> Store:
        return self.world.store

    def publish(self, each: list[str]) -> None:
        """One message for each endpoint that is named (as often as it is named), due now."""
        now, of = clock.now(), self.projects
        made = [(ids.new_id("msg"), ids.new_id("dlv"), endpoint_id, self._place(endpoint_id)) for endpoint_id in each]
        with self.store.write() as tx:
            tx.execute(
                insert(messages),
                [
                    {
                        "id": message, "project_id": of[endpoint_id], "event_type": "lookup.completed", "payload": _PAYLOAD,
                        "origin": "published", "created_at": now,
                    }
                    for message, _, endpoint_id, _ in made
                ],
            )  # fmt: skip
            tx.execute(
                insert(deliveries),
                [
                    {
                        "id": delivery, "message_id": message, "webhook_endpoint_id": endpoint_id, "attempts": 0,
                        "project_id": of[endpoint_id], "state": "pending", "due_at": now, "created_at": now,
                        "place": place,
                    }
                    for message, delivery, endpoint_id, place in made
                ],
            )  # fmt: skip

    def _place(self, endpoint_id: str) -> int | None:
        if self.places is None:
            return None
        self.places[endpoint_id] += 1
        return self.places[endpoint_id]

    def figures(self) -> Figures:
        """What the sink has seen since it was last asked."""
        return msgspec.json.decode(status_of(f"http://127.0.0.1:{self.sink_port}/figures")[1], type=Figures)

    def delivered(self) -> int:
        """How many deliveries are on record as delivered."""
        query = select(func.count()).where(deliveries.c.state == "delivered")
        with self.store.read() as tx:
            return int(tx.execute(query).scalar_one())

    def wait_for(self, delivered: int) -> None:
        """Until so many are on record as delivered; CannotMeasure where they do not come."""
        end = time.monotonic() + _PATIENCE_S
        while self.delivered() < delivered:
            if time.monotonic() > end:
                raise CannotMeasure(f"{delivered - self.delivered()} deliveries did not come.")
            time.sleep(0.02)


@contextmanager
def sending(
    plan: Plan, folder: Path, url: str, endpoints: int, hanging: int = 0, *, in_order: bool = False
) -> Iterator[Sending]:
    """An instance with so many endpoints that are quick and so many that hang. Its tasks process is not started."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(data=folder, database_url=url, secret=SECRET.to_hex(), webhook_allow="127.0.0.0/8")
    store, port = open_store(settings), free_port()
    command = [sys.executable, "-m", "benchmarks.sink", str(port)]
    with server(command, core=plan.load_core, port=port, log=folder / "sink.log", cwd=ROOT):
        world = make_world(store, settings, SECRET)
        of = _add(world, [f"http://127.0.0.1:{port}/{number}" for number in range(endpoints)])
        hang = _add(world, [f"http://127.0.0.1:{port}/hang/{number}" for number in range(hanging)])
        if in_order:
            with store.write() as tx:
                tx.execute(update(webhook_endpoints).values(fifo=True))
        yield Sending(world, port, of | hang, list(of), list(hang), Counter() if in_order else None)
    store.close()


def _add(world: World, urls: list[str]) -> dict[str, str]:
    """Endpoints in bulk, as `create_endpoint` makes them, a hundred in a project; their ids with their projects'."""
    now, rows, secrets, subscriptions = clock.now(), [], [], []
    homes = [world.project_id, *(_another_project(world) for _ in range((len(urls) - 1) // ENDPOINTS_MAX))]
    for number, url in enumerate(urls):
        project_id = homes[number // ENDPOINTS_MAX]
        endpoint_id = ids.new_id("whe")
        headers = {"shown": {}, "sealed": sealing.seal_headers(SECRET, endpoint_id, {})}
        rows.append(
            {
                "id": endpoint_id, "project_id": project_id, "environment": "sandbox", "slot": endpoint_id, "url": url,
                "headers": headers,
                "state": "active", "created_by": "bench", "created_at": now,
            }
        )  # fmt: skip
        sealed = sealing.seal_signing_secret(SECRET, endpoint_id, 1, bytes(32))
        secrets.append({"webhook_endpoint_id": endpoint_id, "version": 1, "encrypted": sealed, "created_at": now})
        subscriptions.append(
            {"webhook_endpoint_id": endpoint_id, "event_type": "lookup.completed", "project_id": project_id}
        )
    if rows:
        with world.store.write() as tx:
            tx.execute(insert(webhook_endpoints), rows)
            tx.execute(insert(webhook_secrets), secrets)
            tx.execute(insert(webhook_subscriptions), subscriptions)
    return {str(row["id"]): str(row["project_id"]) for row in rows}


def _another_project(world: World) -> str:
    project_id = ids.new_id("proj")
    with world.store.write() as tx:
        like = dict(tx.execute(select(projects).where(projects.c.id == world.project_id)).one()._mapping)
        tx.execute(insert(projects).values(like | {"id": project_id, "slug": project_id[5:]}))
        declared = tx.execute(select(scope_event_types).where(scope_event_types.c.project_id == world.project_id))
        tx.execute(insert(scope_event_types), [dict(each._mapping) | {"project_id": project_id} for each in declared])
    return project_id


@contextmanager
def dispatching(plan: Plan, folder: Path, made: Sending) -> Iterator[list[int]]:
    """The instance's tasks process on the server's core while the block runs; its process ids."""
    ready = free_port()
    environment = {
        "FREEHOLD_DATA": str(folder), "FREEHOLD_DATABASE_URL": made.world.settings.database_url,
        "FREEHOLD_SECRET": SECRET.to_hex(), "FREEHOLD_WEBHOOK_ALLOW": "127.0.0.0/8",
    }  # fmt: skip
    # A port is what `server` waits for: one is listened on beside the real thing.
    code = (
        f"import socket; listening = socket.create_server(('127.0.0.1', {ready}));"
        "import freehold.tasks as tasks; raise SystemExit(tasks.main())"
    )
    command = [sys.executable, "-c", code]
    log = folder / "tasks.log"
    with server(command, core=plan.server_core, port=ready, log=log, cwd=ROOT, environment=environment) as pid:
        made.publish(made.endpoints[:1])
        made.wait_for(made.delivered() + 1)
        yield family(pid)


@dataclass
class Round:
    """What one round came to."""

    rate: float
    cpu_us: float
    busy: float


def one_round(made: Sending, pids: list[int], each: list[str]) -> Round:
    """Publish in bulk and wait until all is on record as delivered."""
    before, used_s, began = made.delivered(), cpu_s(pids), time.monotonic()
    made.publish(each)
    made.wait_for(before + len(each))
    took_s, used_s = time.monotonic() - began, cpu_s(pids) - used_s
    return Round(len(each) / took_s, used_s * 1e6 / len(each), used_s / took_s)
