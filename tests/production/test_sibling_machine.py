"""Siblings under whatever is done to them in whatever order: what must always hold, held to a model of a few lines.

Random shapes are brought to either side, keys issued, clones and promotions made whole or in parts, reverted, accepted,
and broken off at any statement. After a clone or a full promotion the fingerprints are equal; drift is empty exactly when
they are; what is broken off leaves nothing; repeating changes nothing; no secret of the sandbox is in any other row.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, Phase, assume
from hypothesis import settings as bounds
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select

from freehold.production.applying.engine import apply_shape
from freehold.production.clone import actions as clone_actions
from freehold.production.clone.issuing import issue_declared
from freehold.production.clone.records import CloneOrder
from freehold.production.drift import actions as drift_actions
from freehold.production.drift import promoting
from freehold.production.drift import queries as drift_queries
from freehold.production.drift.promotion_records import Direction, PromotionOrder
from freehold.production.drift.rules import digest
from freehold.production.shape.rules import binding_slots, items_of
from freehold.production.siblings import planning as clone_planning
from freehold.projects import actions as projects
from freehold.projects.records import NewProject
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import alert_channels, key_secrets, metadata, webhook_endpoints, webhook_secrets
from tests.http.served import Instance
from tests.production.pairs import approve, drift, may_clone, tools_of
from tests.production.test_applying import declared_keys, drawn_project
from tests.production.world import history_of, make_production_world, project_of, shape_of
from tests.shapes import NAMES, shapes

# Examples of the machine, each of so many steps; FREEHOLD_TEST_SIBLING_EXAMPLES for a campaign.
EXAMPLES: Final = {"sqlite": 4, "postgresql": 1}
STEPS: Final = 14


class Broken(Exception):
    """The process died here."""


@contextmanager
def breaking_after(store: Store, statements: int) -> Iterator[None]:
    """A block in which the so-many-th statement, and none after it, is executed."""
    left = [statements]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Broken

    event.listen(store.engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", count)


def rows(tx: Transaction) -> list[tuple[str, tuple[Any, ...]]]:
    """Everything that the database holds, but for what it counts by itself."""
    return [(table.name, tuple(row)) for table in metadata.sorted_tables for row in tx.execute(select(table))]


class SiblingMachine(RuleBasedStateMachine):
    world: Instance
    done: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.production = ""
        self.accepted: dict[str, tuple[str, str]] = {}
        self.secrets: set[str] = set()

    @initialize()
    def begin(self) -> None:
        with self.world.store.write() as tx:
            new = NewProject("Shop", "one", "letters")
            self.sandbox = projects.create_project(tx, self.world.actor("owner"), self.world.harbour, new).id
        # What its headers and chat channels hold, and nothing else may.
        self.mark = f"alone{self.sandbox[-14:]}"

    # --- edits of either side ---

    @rule(wanted=shapes("letters"), in_production=st.booleans(), issued=st.sets(st.sampled_from(NAMES)))
    def edit(self, wanted: Any, in_production: bool, issued: set[str]) -> None:
        project = self.production if in_production and self.production else self.sandbox
        values = self._values(binding_slots(wanted), project == self.sandbox)
        with self.world.store.write() as tx:
            done = apply_shape(
                tx, self.world.actor("owner"), tools_of(self.world), project_of(self.world, project), wanted, values, "file"
            )  # fmt: skip
        if project == self.sandbox:
            self.secrets |= set(done.secrets.values())
        for name in sorted(issued & {each.name for each in declared_keys(self.world, project)}):
            with self.world.store.write() as tx:
                key = issue_declared(tx, self.world.actor("owner"), tools_of(self.world), project, name)
            if project == self.sandbox:
                self.secrets.add(key.text)
        assert shape_of(self.world, project) == wanted

    # --- clone ---

    @precondition(lambda self: not self.production)
    @rule(breaks=st.none() | st.integers(1, 160), issued=st.booleans())
    def clone(self, breaks: int | None, issued: bool) -> None:
        if not may_clone(self.world, self.sandbox):
            approve(self.world, self.sandbox)
        with self.world.store.read() as tx:
            plan = clone_planning.plan_clone(tx, self.world.actor("owner"), self.sandbox)
        values = self._values([each.slot for each in plan.bindings if each.slot], False)
        order = CloneOrder(plan.fingerprint, values, tuple(sorted(plan.shape["keys"])[:1]) if issued else ())
        made = self._attempt(breaks, lambda tx: clone_actions.clone_project(
            tx, self.world.actor("owner"), tools_of(self.world), self.sandbox, order))  # fmt: skip
        if made is None:
            return
        self.production = made.production.id
        self.done["clone"] += 1
        assert shape_of(self.world, self.production) == shape_of(self.world, self.sandbox)
        assert set(made.signing_secrets) == set(plan.shape["webhooks"])
        assert not self.secrets & {*made.signing_secrets.values(), *(each.text for each in made.keys)}

    @precondition(lambda self: self.production)
    @rule()
    def clone_again(self) -> None:
        before = self._rows()
        with self.world.store.write() as tx:
            order = CloneOrder("", {})
            again = clone_actions.clone_project(
                tx, self.world.actor("owner"), tools_of(self.world), self.sandbox, order
            )
        assert (again.production.id, again.created) == (self.production, False)
        assert self._rows() == before

    # --- promotion and revert ---

    @precondition(lambda self: self.production)
    @rule(direction=st.sampled_from(["promote", "revert"]), breaks=st.none() | st.integers(1, 160))
    def bring_all(self, direction: Direction, breaks: int | None) -> None:
        if self._bring(direction, None, breaks) is None:
            return
        assert shape_of(self.world, self.production) == shape_of(self.world, self.sandbox)
        before = self._rows()
        again = self._bring(direction, None, None)
        assert again is not None
        assert again.plan.items == ()
        self.done[f"{direction} all"] += 1
        assert self._rows() == before

    @precondition(lambda self: self.production)
    @rule(direction=st.sampled_from(["promote", "revert"]), breaks=st.none() | st.integers(1, 160), data=st.data())
    def bring_some(self, direction: Direction, breaks: int | None, data: st.DataObject) -> None:
        items = sorted({each.difference.item for each in drift(self.world, self.sandbox).differences})
        assume(items)
        chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(items), min_size=1, max_size=3))))
        done = self._bring(direction, chosen, breaks)
        if done is not None:
            left, right = (items_of(shape_of(self.world, each)) for each in (self.sandbox, self.production))
            self.done[f"{direction} some"] += 1
            assert {*chosen} <= {*done.plan.items}
            assert [item for item in done.plan.items if left.get(item) != right.get(item)] == []

    # --- acceptance ---

    @precondition(lambda self: self.production)
    @rule(data=st.data(), withdraw=st.booleans())
    def accept(self, data: st.DataObject, withdraw: bool) -> None:
        found = {each.difference.path: each.difference for each in drift(self.world, self.sandbox).differences}
        assume(found)
        paths = sorted(data.draw(st.sets(st.sampled_from(sorted(found)), min_size=1, max_size=4)))
        owner = self.world.actor("owner")
        with self.world.store.write() as tx:
            if withdraw:
                drift_actions.withdraw(tx, owner, self.production, paths)
            else:
                self.done["accept"] += 1
                drift_actions.accept(tx, owner, self.production, paths, "For now", 30)
        for path in paths:
            self.accepted.pop(path, None)
            if not withdraw:
                self.accepted[path] = digest(found[path].sandbox), digest(found[path].production)

    # --- what always holds ---

    @invariant()
    def drift_is_empty_exactly_when_fingerprints_are_equal(self) -> None:
        if not self.production:
            return
        found = drift(self.world, self.production)
        assert (found.differences == ()) == (found.sandbox_fingerprint == found.production_fingerprint)
        now = {
            each.difference.path: (digest(each.difference.sandbox), digest(each.difference.production))
            for each in found.differences
        }
        self.accepted = {path: values for path, values in self.accepted.items() if now.get(path) == values}
        assert {each.difference.path for each in found.differences if each.acceptance} == set(self.accepted)
        with self.world.store.read() as tx:
            head = drift_queries.heads_of(tx, [self.production])[self.production]
        assert (head.differences, head.unaccepted) == (len(now), len(now) - len(self.accepted))
        assert set(head.known) == now.keys() - self.accepted.keys()
        assert history_of(self.world, self.production)[0].fingerprint == found.production_fingerprint

    @invariant()
    def no_secret_of_the_sandbox_is_in_another_row(self) -> None:
        if not self.production:
            return
        with self.world.store.read() as tx:
            found, sealed = rows(tx), list(self._sealed(tx))
        everything = repr(found).encode()
        for secret in self.secrets:
            # A key's text too without its prefix, by which nobody could call.
            for text in (secret, secret.rpartition("_")[2]):
                assert text.encode() not in everything, "a secret is in the clear"
        # What a header or a chat channel's URL holds is the sandbox's alone, whose own row may show a header.
        leaked = [row for row in found if self.sandbox not in row[1] and self.mark in repr(row)]
        assert leaked == [], "a binding of the sandbox is somewhere else"
        for value in sealed:
            assert everything.count(repr(value).encode()) == 1, "copied as it is sealed"

    # --- helpers of the rules ---

    def _bring(self, direction: Direction, items: tuple[str, ...] | None, breaks: int | None) -> Any:
        owner = self.world.actor("owner")
        with self.world.store.read() as tx:
            plan = promoting.plan_promotion(tx, owner, self.sandbox, direction, items)
        values = self._values([each.slot for each in plan.slots if each.slot], direction == "revert")
        order = PromotionOrder(items, plan.fingerprint, values)
        done = self._attempt(breaks, lambda tx: promoting.carry_out(
            tx, owner, tools_of(self.world), self.production, direction, order))  # fmt: skip
        if done is not None and direction == "revert":
            self.secrets |= set(done.signing_secrets.values())
        return done

    def _attempt(self, breaks: int | None, act: Callable[[Transaction], Any]) -> Any:
        """What an action answers; None where it was broken off, and then nothing of it is there."""
        if breaks is None:
            with self.world.store.write() as tx:
                return act(tx)
        before = self._rows()
        try:
            with breaking_after(self.world.store, breaks), self.world.store.write() as tx:
                return act(tx)
        except Broken:
            assert self._rows() == before
            self.done["broken off"] += 1
            return None

    def _values(self, slots: Any, of_sandbox: bool) -> dict[str, Any]:
        place = f"https://{'sandbox' if of_sandbox else 'live'}.example.com/hooks"
        values: dict[str, Any] = {
            "url": place, "header": self.mark if of_sandbox else "of-production", "networks": ("192.0.2.0/24",),
            "member": ("owner@example.com",),
        }  # fmt: skip
        chats = f"{place}/{self.mark if of_sandbox else 'chat'}"
        return {each.slot: chats if each.slot.startswith("/alert_channels") else values[each.kind] for each in slots}

    def _sealed(self, tx: Transaction) -> Iterator[Any]:
        """What the sandbox keeps sealed or digested, as it is kept."""
        endpoints = select(webhook_endpoints.c.id).where(webhook_endpoints.c.project_id == self.sandbox)
        yield from tx.execute(
            select(webhook_secrets.c.encrypted).where(webhook_secrets.c.webhook_endpoint_id.in_(endpoints))
        ).scalars()
        yield from tx.execute(select(key_secrets.c.digest).where(key_secrets.c.project_id == self.sandbox)).scalars()
        live = (alert_channels.c.project_id == self.sandbox, alert_channels.c.deleted_at.is_(None))
        yield from tx.execute(select(alert_channels.c.sealed_url).where(*live)).scalars()

    def _rows(self) -> list[tuple[str, tuple[Any, ...]]]:
        with self.world.store.read() as tx:
            return rows(tx)


def test_siblings_whatever_is_done_to_them(store: Store, settings: Settings, engine_name: str) -> None:
    class Machine(SiblingMachine):
        world = make_production_world(store, settings)
        done: ClassVar[Counter[str]] = Counter()

    drawn_project(Machine.world)
    run_state_machine_as_test(
        Machine,
        settings=bounds(
            max_examples=int(os.environ.get("FREEHOLD_TEST_SIBLING_EXAMPLES", EXAMPLES[engine_name])),
            stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck),
            # All examples share one database, so that a failure cannot be made smaller.
            phases=[Phase.generate],
        ),
    )  # fmt: skip
    print(f"siblings: {dict(Machine.done)}")
    assert Machine.done["clone"]
