"""Rotation at a real gate: both secrets pass while they overlap, and an end is acknowledged once no gate accepts it."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from freehold.keys import rotation, tasks
from freehold.keys.actions import IssuedKey
from freehold.kit import clock
from freehold.store import epoch
from freehold.store.propagation import Confirmation, wait_for_verifiers
from tests.databases import SECRET, copy_sqlite
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.isolation_world import ROUTES, Credential, World

ASKED = {"method": "GET", "path": "/things"}
# Long enough that a gate on a slow machine is not given up, though it was not stopped.
PATIENT_S = 20.0


class Rotated:
    """One key with two secrets, the gates that decide by it, and a short way to ask them."""

    def __init__(self, world: World, gate: GateProcess, overlap_s: int, hold: bool = False) -> None:
        self.world, self.gate = world, gate
        team = world.add_team()
        project = world.add_project(team, "alpha")
        world.set_scope(project, {"a_list"})
        self.key: Credential = world.issue(project, None)
        self.actor = team.actor
        self.new = self.rotate(overlap_s, hold).text
        eventually(world.reached)

    def rotate(self, overlap_s: int, hold: bool = False) -> IssuedKey:
        with self.world.store.write() as tx:
            return rotation.rotate_key(tx, self.actor, SECRET, "fh", self.key.id, overlap_s, hold)

    def asked(self, text: str) -> str:
        """What the gate says of a secret: `allowed` or the reason."""
        answer = self.gate.verify(self.world.operator.token, key=text, **ASKED)
        assert answer["allowed"] is (answer["reason"] is None)
        return str(answer["reason"] or "allowed")

    def both(self) -> tuple[str, str]:
        return self.asked(self.key.text), self.asked(self.new)

    def retire(self, version: int, patience_s: float = PATIENT_S) -> Confirmation:
        """As the API retires and answers."""
        with self.world.store.write() as tx:
            rotation.retire_secret(tx, self.actor, self.key.id, version)
            reached = epoch.current(tx)
        return wait_for_verifiers(self.world.store, reached, patience_s)


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One database for all of these tests: each has a key of its own."""
    store = copy_sqlite(sqlite_template, tmp_path_factory.mktemp("rotation") / "data")
    yield World(
        store, SECRET, {api: {"sandbox": f"http://{api}.test", "production": f"http://{api}.live"} for api in ROUTES}
    )
    store.close()


@pytest.fixture(scope="module")
def gate(world: World) -> Iterator[GateProcess]:
    data = Path(str(world.store.engine.url.database)).parent
    with GateProcess(data, {"FREEHOLD_SECRET": SECRET.to_hex()}, processes=2) as running:
        yield running


def test_both_pass_until_the_old_one_is_retired(world: World, gate: GateProcess) -> None:
    rotated = Rotated(world, gate, 3600)
    for _ in range(4):
        assert rotated.both() == ("allowed", "allowed"), "at whichever worker it is asked"
    confirmation = rotated.retire(1)
    assert (confirmation.confirmed_by, confirmation.silent) == (2, 0)
    for _ in range(4):
        assert rotated.both() == ("revoked", "allowed"), "from the answer on, at every worker"


def test_without_an_overlap_the_old_ones_stop_with_the_answer(world: World, gate: GateProcess) -> None:
    rotated = Rotated(world, gate, 3600)
    newest = rotated.rotate(0).text
    eventually(world.reached)
    assert (*rotated.both(), rotated.asked(newest)) == ("revoked", "revoked", "allowed")


def test_an_overlap_ends_by_the_gates_own_clock(world: World, gate: GateProcess) -> None:
    """Nobody tells it: the loop that writes the end down does not run here."""
    rotated = Rotated(world, gate, 1)
    eventually(lambda: rotated.both() == ("revoked", "allowed"))


def test_a_held_secret_that_is_moved_on_passes_on(world: World, gate: GateProcess) -> None:
    rotated = Rotated(world, gate, 3600, hold=True)
    with world.store.write() as tx:
        secret = rotation.change_overlap(
            tx, rotated.actor, rotated.key.id, 1, clock.now() + timedelta(seconds=2)
        ).secrets[1]
    assert secret.held
    with world.store.write() as tx:
        tx.exec_driver_sql(
            "INSERT INTO secret_uses (selector, key_id, first_at, last_at, requests) VALUES (?, ?, ?, ?, 1)",
            (secret.selector, rotated.key.id, clock.now_ms(), clock.now_ms()),
        )
    # Another test's secret may be due at this turn too.
    assert tasks.turn(world.store, clock.now()) >= 1
    eventually(world.reached)
    eventually(lambda: secret.retires_at is not None and clock.now() > secret.retires_at)
    assert rotated.both() == ("allowed", "allowed"), "its first time has passed, and it is in use"


def test_a_stopped_verifier_is_told_of_as_silent(world: World, gate: GateProcess) -> None:
    rotated = Rotated(world, gate, 3600)
    stopped = gate.processes[0]
    stopped.send_signal(signal.SIGSTOP)
    try:
        confirmation = rotated.retire(1, patience_s=0.5)
        assert confirmation.silent == 1
        assert confirmation.confirmed_by == 1
    finally:
        stopped.send_signal(signal.SIGCONT)
    eventually(world.reached)
    for _ in range(4):
        assert rotated.both() == ("revoked", "allowed"), "it hears again before it decides"
