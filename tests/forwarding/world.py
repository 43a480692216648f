"""Two organizations with entries, and short ways to forward them."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert

from freehold.forwarding import actions, queries
from freehold.forwarding.actions import NewForwarding
from freehold.forwarding.records import Forwarding, Lag, Place
from freehold.forwarding.sending import Forwards
from freehold.forwarding.tasks import Forwarder
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import organizations
from tests.databases import SECRET

HARBOUR: Final = "org_harbour"
ELSEWHERE: Final = "org_elsewhere"
ADA: Final = Actor(
    "user", "usr_1", "Ada", "usr_1", True, {HARBOUR: frozenset({"owner"})}, address="198.51.100.7", request_id="req_1"
)


@dataclass
class World:
    """An instance's database and what is done with it."""

    store: Store
    settings: Settings

    def write_entries(self, count: int, chain: str | None = HARBOUR) -> None:
        """So many changes, each in a transaction of its own."""
        for number in range(count):
            with self.store.write() as tx:
                audit.record(
                    tx, ADA, "organization.renamed", organization_id=chain, subject_kind="organization", subject_id=chain or "instance",
                    subject_name=f"Name {number}", before={"name": "Ö"}, after={"name": f"Name {number}"},
                )  # fmt: skip

    def forward(self, place: Place, organization_id: str | None = HARBOUR, after: int | None = None) -> NewForwarding:
        """Make a forwarding. Its own entry in the log is written after its cursor was put: it is the first that is sent on."""
        with self.store.write() as tx:
            return actions.create_forwarding(tx, ADA, SECRET, self.settings, organization_id, "Logs", place, after)

    def turn(self, times: int = 1) -> int:
        """Let the loop do its work so many times; how many entries were taken."""
        return asyncio.run(self._turn(times))

    async def _turn(self, times: int) -> int:
        async with Forwards(self.settings) as forwards:
            forwarder = Forwarder(self.store, SECRET, forwards, self.settings.control_url)
            return sum([await forwarder.turn() for _ in range(times)])

    def read(self, forwarding_id: str) -> Forwarding:
        """A forwarding as it is now."""
        with self.store.read() as tx:
            return actions.read_forwarding(tx, ADA, forwarding_id)

    def lag(self, forwarding_id: str) -> Lag:
        """How far it is behind."""
        with self.store.read() as tx:
            return queries.lags_of(tx).get(forwarding_id, Lag(0, None))

    def position(self, forwarding_id: str, chain: str = HARBOUR) -> int:
        """How far it has come in a chain."""
        with self.store.read() as tx:
            return queries.cursors_of(tx, forwarding_id).get(chain, 0)

    def act(self, action: Any, *given: Any) -> Any:
        """One action in one transaction."""
        with self.store.write() as tx:
            return action(tx, ADA, *given)


def make_world(store: Store, settings: Settings) -> World:
    """Fill a fresh database."""
    with store.write() as tx:
        for name in (HARBOUR, ELSEWHERE):
            tx.execute(
                insert(organizations).values(id=name, name=name, slug=name.replace("_", "-"), created_at=clock.now())
            )
    return World(store, settings)
