"""One rate limit, shared exactly by the workers of a node."""

import fcntl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.gate import shared_limiter
from freehold.gate.limiter import Limiter, MemoryLimiter
from freehold.gate.shared_limiter import FILE, SharedLimiter
from freehold.keys.rate_limit import UNUSED
from freehold.keys.records import RateLimit
from freehold.keys.rules import decide
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance
from tests.rules.test_keys_decide import ASK, NOW_NS, RECORD

SECOND = 1_000_000_000


steps = st.lists(
    st.tuples(st.sampled_from(["key_a", "key_b", "key_c"]), st.integers(1, 4), st.integers(0, 20 * SECOND)), max_size=40
)


@pytest.mark.parametrize("kind", ["memory", "shared"])
def test_a_limiter_is_the_rule_with_a_memory(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    @given(steps)
    def check(asked: list[tuple[str, int, int]]) -> None:
        limiter: Limiter = MemoryLimiter() if kind == "memory" else SharedLimiter(tmp_path_factory.mktemp("run"))
        arrivals: dict[str, int] = {}
        now = NOW_NS
        for key_id, cost, pause in asked:
            now += pause
            record, ask = replace(RECORD, key_id=key_id, rate_limit=RateLimit(5, 60)), replace(ASK, cost=cost)
            expected, arrivals[key_id] = decide(ask, record, arrivals.get(key_id, UNUSED), now)
            assert limiter.decide(ask, record, now) == expected
        limiter.close()

    check()


def test_the_memory_is_swept_of_limits_that_are_whole_again() -> None:
    limiter = MemoryLimiter()
    for n in range(20_000):
        limiter.decide(ASK, replace(RECORD, key_id=f"key_{n}", rate_limit=RateLimit(1, 1)), NOW_NS + n * SECOND)
    assert len(limiter._arrivals) < 10_000


def _spender(folder: Path, what: str) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("spender.py")
    return subprocess.Popen([sys.executable, script, folder, what], stdin=PIPE, stdout=PIPE, text=True)


def test_processes_spend_one_limit_to_the_last(tmp_path: Path) -> None:
    spenders = [_spender(tmp_path, "700") for _ in range(3)]
    for each in spenders:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    granted = [int(each.communicate()[0]) for each in spenders]
    assert sum(granted) == 1000


def test_a_worker_that_decides_keeps_the_others_out_and_its_death_lets_them_in(tmp_path: Path) -> None:
    limiter, limit = SharedLimiter(tmp_path), replace(RECORD, rate_limit=RateLimit(1000, 86_400))
    inside = _spender(tmp_path, "stop")
    assert inside.stdout is not None
    assert inside.stdout.readline() == "inside\n"
    _, offset = shared_limiter._place(RECORD.key_id)
    with (tmp_path / FILE).open("r+b") as table, pytest.raises(BlockingIOError):
        fcntl.lockf(table, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
    inside.kill()
    inside.communicate()
    assert limiter.decide(ASK, limit, NOW_NS).limits[0].remaining == 999
    limiter.close()


def test_a_full_bucket_gives_up_the_limit_that_is_whole_soonest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_limiter, "_BUCKETS", 1)
    shared_limiter._place.cache_clear()
    limiter = SharedLimiter(tmp_path)
    records = [replace(RECORD, key_id=f"key_{n}", rate_limit=RateLimit(1, 100 + n)) for n in range(9)]
    for record in records:
        assert limiter.decide(ASK, record, NOW_NS).allowed
    denied = [not limiter.decide(ASK, record, NOW_NS).allowed for record in reversed(records)]
    assert denied == [True] * 8 + [False]
    limiter.close()
    shared_limiter._place.cache_clear()
    assert (tmp_path / FILE).stat().st_size == 8 * 24


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
