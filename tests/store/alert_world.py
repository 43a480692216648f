"""A small instance whose projects have alert rules, on the usage world; and how its tasks look at them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select

from freehold.alerts import actions, crossings, letters, rule_queries, tasks
from freehold.alerts.firing_queries import FiringFilter
from freehold.alerts.notices import Voice
from freehold.alerts.records import WAYS, AlertRule, Firing, RuleSettings
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import alert_notifications, mails, members, project_owners, users
from freehold.usage.collector import Collector
from freehold.usage.intake import Added
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent
from tests.store.usage_world import UsageWorld, make_usage_world

EVENTS: Final = ("opened", "resolved", "test")


@dataclass(frozen=True)
class AlertWorld:
    """The instance, and short ways to let things happen."""

    usage: UsageWorld
    voice: Voice
    owner: Actor
    stranger: Actor

    @property
    def store(self) -> Store:
        return self.usage.store

    def add_rule(self, settings: RuleSettings, project_id: str = "") -> AlertRule:
        with self.store.write() as tx:
            return actions.create_rule(tx, self.owner, project_id or self.usage.project_id, settings)

    def watch(self, tx: Transaction, added: Added) -> None:
        crossings.note_added(tx, self.voice, added)

    def collect(self, *events: UsageEvent) -> None:
        """Let decisions be journalled, and collected as the tasks process does."""
        folder = self.usage.root / ids.new_id("jrn")
        writer = JournalWriter(folder, 1 << 20)
        for event in events:
            writer.append(event)
        writer.close()
        collector = Collector(self.store, self.usage.root, "node", watch=self.watch)
        while collector.collect() or folder.exists():
            pass

    def traffic(self, count: int, at_ms: int | None = None, **more: Any) -> None:
        """So many requests at an instant, now unless given."""
        at = clock.now_ms() if at_ms is None else at_ms
        self.collect(*(self.usage.decide(at, **more) for _ in range(count)))

    def look(self) -> int:
        """One turn of the tasks' loop."""
        return tasks.turn(self.store, self.voice)

    def firings(self, rule: AlertRule | None = None) -> list[Firing]:
        """All firings, oldest first."""
        with self.store.read() as tx:
            wanted = FiringFilter(rule.id if rule else None)
            project_id = rule.project_id if rule else self.usage.project_id
            found = actions.list_firings(tx, self.owner, project_id, wanted, 200)
        return sorted(found, key=lambda each: (each.opened_at, each.threshold, each.subject_id))

    def told(self, firing: Firing) -> list[tuple[str, str]]:
        """What was told of a firing: (event, way)."""
        with self.store.read() as tx:
            query = select(alert_notifications.c.event, alert_notifications.c.way)
            rows = tx.execute(
                query.where(alert_notifications.c.firing_id == firing.id).order_by(alert_notifications.c.id)
            )
            found = [(row.event, row.way) for row in rows]
        return sorted(found, key=[(event, way) for event in EVENTS for way in WAYS].index)

    def mails(self) -> list[Any]:
        with self.store.read() as tx:
            return list(tx.execute(select(mails).order_by(mails.c.id)).all())


def make_alert_world(store: Store, root: Path) -> AlertWorld:
    """Fill a fresh database: the first project is owned by Ada, and no project waits for its default rules."""
    usage, now = make_usage_world(store, root), clock.now()
    ada, eve = ids.new_id("usr"), ids.new_id("usr")
    with store.write() as tx:
        for user, name, organization in (
            (ada, "Ada", usage.organization_id),
            (eve, "Eve", usage.foreign_organization_id),
        ):
            email = f"{name.lower()}@example.com"
            tx.execute(insert(users).values(id=user, email=email, name=name, password_hash="", created_at=now))
            tx.execute(insert(members).values(organization_id=organization, user_id=user, role="owner", joined_at=now))
        tx.execute(
            insert(project_owners).values(
                project_id=usage.project_id, organization_id=usage.organization_id, user_id=ada, duty="technical"
            )
        )
        for project_id in (usage.project_id, usage.second_project_id, usage.foreign_project_id):
            rule_queries.note_defaults(tx, project_id, now)
    return AlertWorld(
        usage, letters.voice_of(Settings(public_url="https://freehold.example")),
        Actor("user", ada, "Ada", ada, False, {usage.organization_id: frozenset({"owner"})}),
        Actor("user", eve, "Eve", eve, False, {usage.foreign_organization_id: frozenset({"owner"})}),
    )  # fmt: skip
