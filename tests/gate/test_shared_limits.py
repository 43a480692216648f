"""Rate limits of keys and projects, kept by one worker or shared exactly by the workers of a node."""

import fcntl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freehold.gate import shared_limiter
from freehold.gate.limiter import MemoryLimiter, RateLimiter
from freehold.gate.shared_limiter import FILE, SharedLimiter
from freehold.keys.rate_limit import UNUSED
from freehold.keys.records import Meter
from freehold.keys.rules import decide
from tests.gate import spender
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance
from tests.rules.test_keys_decide import ASK, NOW_NS, PROJECT, RECORD, limited

SECOND = 1_000_000_000

steps = st.lists(
    st.tuples(st.sampled_from(["key_a", "key_b", "key_c"]), st.integers(1, 4), st.integers(0, 20 * SECOND)), max_size=40
)


@pytest.mark.parametrize("kind", ["memory", "shared"])
def test_a_limiter_is_the_rule_with_a_memory(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = replace(PROJECT, meters=limited((9, 60), (30, 600), owner="project"))

    @given(steps)
    def check(asked: list[tuple[str, int, int]]) -> None:
        limiter: RateLimiter = MemoryLimiter() if kind == "memory" else SharedLimiter(tmp_path_factory.mktemp("run"))
        arrivals: dict[tuple[str, Meter], int] = {}
        now = NOW_NS
        for key_id, cost, pause in asked:
            now += pause
            record, ask = replace(RECORD, key_id=key_id, meters=limited((5, 60), (8, 90))), replace(ASK, cost=cost)
            places = [(key_id, each) for each in record.meters] + [("project", each) for each in project.meters]
            before = [arrivals.get(place, UNUSED) for place in places]
            expected, after = decide(ask, record, project, before, now)
            arrivals.update(zip(places, after, strict=True))
            assert limiter.decide(ask, record, project, now) == expected
        limiter.close()

    check()


def test_the_memory_is_swept_of_limits_that_are_whole_again() -> None:
    limiter, meters = MemoryLimiter(), limited((1, 1))
    for n in range(20_000):
        limiter.decide(ASK, replace(RECORD, key_id=f"key_{n}", meters=meters), PROJECT, NOW_NS + n * SECOND)
    assert len(limiter._kept) < 10_000


@pytest.mark.parametrize("kind", ["memory", "shared"])
def test_a_limit_that_keeps_its_name_goes_on_when_others_are_changed(kind: str, tmp_path: Path) -> None:
    limiter: RateLimiter = MemoryLimiter() if kind == "memory" else SharedLimiter(tmp_path)
    first, second = limited((5, 60), (9, 60))
    before = limiter.decide(ASK, replace(RECORD, meters=(first, second)), PROJECT, NOW_NS)
    assert [each.remaining for each in before.limits] == [4, 8]
    after = limiter.decide(ASK, replace(RECORD, meters=(second,)), PROJECT, NOW_NS)
    assert [(each.name, each.remaining) for each in after.limits] == [("key:b", 7)]
    larger = second._replace(limit=18, interval_ns=second.interval_ns // 2)
    again = limiter.decide(ASK, replace(RECORD, meters=(first, larger)), PROJECT, NOW_NS)
    assert again.limits[1].name == "key:b"
    assert again.limits[1].remaining == 18 - 5
    limiter.close()


def _spender(folder: Path, what: str) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("spender.py")
    return subprocess.Popen([sys.executable, script, folder, what], stdin=PIPE, stdout=PIPE, text=True)


def test_processes_spend_one_limit_to_the_last_and_never_wait_for_each_other_in_a_ring(tmp_path: Path) -> None:
    spenders = [_spender(tmp_path, "700") for _ in range(3)]
    for each in spenders:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    granted = [int(each.communicate()[0]) for each in spenders]
    assert sum(granted) == spender.LIMIT


def test_a_worker_that_decides_keeps_the_others_out_and_its_death_lets_them_in(tmp_path: Path) -> None:
    limiter, record = SharedLimiter(tmp_path), spender.RECORDS[0]
    inside = _spender(tmp_path, "stop")
    assert inside.stdout is not None
    assert inside.stdout.readline() == "inside\n"
    for owner_id, meters in ((record.key_id, record.meters), (spender.PROJECT.id, spender.PROJECT.meters)):
        for meter in meters:
            _, offset = shared_limiter._place(owner_id, meter.label)
            with (tmp_path / FILE).open("r+b") as table, pytest.raises(BlockingIOError):
                fcntl.lockf(table, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
    inside.kill()
    inside.communicate()
    decision = limiter.decide(spender.ASK, record, spender.PROJECT, NOW_NS)
    # It was killed before it had spent, and nothing it held is held any more.
    assert [each.limit - each.remaining for each in decision.limits] == [1, 1, 1, 1]
    limiter.close()


def test_a_full_bucket_gives_up_the_limit_that_is_whole_soonest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_limiter, "_BUCKETS", 1)
    shared_limiter._place.cache_clear()
    limiter = SharedLimiter(tmp_path)
    records = [replace(RECORD, key_id=f"key_{n}", meters=limited((1, 100 + n))) for n in range(9)]
    for record in records:
        assert limiter.decide(ASK, record, PROJECT, NOW_NS).allowed
    denied = [not limiter.decide(ASK, record, PROJECT, NOW_NS).allowed for record in reversed(records)]
    assert denied == [True] * 8 + [False]
    limiter.close()
    shared_limiter._place.cache_clear()
    assert (tmp_path / FILE).stat().st_size == 8 * 24


def test_two_limits_of_one_bucket_take_a_slot_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limiter, "_BUCKETS", 1)
    shared_limiter._place.cache_clear()
    limiter, record = SharedLimiter(tmp_path), replace(RECORD, meters=limited((5, 60), (7, 60)))
    left = [[each.remaining for each in limiter.decide(ASK, record, PROJECT, NOW_NS).limits] for _ in range(3)]
    assert left == [[4, 6], [3, 5], [2, 4]]
    limiter.close()
    shared_limiter._place.cache_clear()


def test_two_workers_share_one_limit(own_instance: Instance) -> None:
    with GateProcess(own_instance.data, {"FREEHOLD_WORKERS": "2"}, processes=2) as gate:
        token = own_instance.service_token()
        key = own_instance.issue(rate_limit=50, rate_window_s=86_400)
        asked = {"key": key.text, "endpoint": "getCountry"}
        answers = []
        lock = threading.Lock()

        def ask(_: int) -> None:
            # A connection each, so that both workers are asked.
            answer = httpx.post(f"{gate.url}/v1/keys/verify", json=asked, headers={"Authorization": f"Bearer {token}"})
            with lock:
                answers.append(answer.json()["reason"])

        end = time.monotonic() + 20
        while len(_journals(own_instance)) < 2 or len(answers) < 80:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(ask, range(40)))
            assert time.monotonic() < end
    assert answers.count(None) == 50
    assert set(answers) == {None, "rate_limited"}


def _journals(instance: Instance) -> set[str]:
    return {path.parent.name for path in (instance.data / "journal").glob("jrn_*/*.seg") if path.stat().st_size > 200}
