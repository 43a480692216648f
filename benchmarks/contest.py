"""A contest: contestants measured in turn, A B A B …, each checked to really do its work before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import wrk
from benchmarks.plan import CONNECTIONS, Plan
from benchmarks.processes import cpu_s, family, rss_mib
from benchmarks.records import Series


@dataclass(frozen=True)
class Contestant:
    """Something that answers requests. `pids`: the processes whose work it is. `check` raises CannotMeasure."""

    name: str
    url: str
    pids: tuple[int, ...]
    check: Callable[[], None]
    requests: Path | None = None
    ours: bool = False
    connections: int = CONNECTIONS

    def processes(self) -> list[int]:
        """Those processes, and all that they started."""
        return [each for pid in self.pids for each in family(pid)]


def hold(contestants: list[Contestant], plan: Plan) -> list[Series]:
    """Warm all, then measure all in turn, so many rounds; what each did, in their order."""
    found = [Series(each.name, "requests/s", [], ours=each.ours) for each in contestants]
    for each in contestants:
        each.check()
        wrk(each.url, plan.warm_s, plan.load_core, each.requests, each.connections)
    for _ in range(plan.rounds):
        for each, series in zip(contestants, found, strict=True):
            _measure(each, series, plan)
    for each, series in zip(contestants, found, strict=True):
        each.check()
        series.rss_mib = round(rss_mib(each.processes()), 1)
    return found


def _measure(contestant: Contestant, series: Series, plan: Plan) -> None:
    processes = contestant.processes()
    before_s = cpu_s(processes)
    run = wrk(contestant.url, plan.seconds, plan.load_core, contestant.requests, contestant.connections)
    used_s = cpu_s(processes) - before_s
    series.values.append(round(run.rate, 1))
    for name, value in {
        "requests": run.requests,
        "p50_us": run.p50_us,
        "p99_us": run.p99_us,
        "cpu_us": used_s * 1e6 / run.requests,
        "busy": used_s / run.seconds,
    }.items():
        series.beside.setdefault(name, []).append(round(value, 3))
