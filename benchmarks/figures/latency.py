"""p99 of verify at 70 % of its own most, counted from when each request was due; nginx at 70 % of its own beside it."""

from benchmarks.asked import request, write_requests
from benchmarks.gates import gate, workshop
from benchmarks.instance import sqlite_instance
from benchmarks.load import Answered, open_loop
from benchmarks.plan import KEYS, Plan
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.web import nginx

SHARE = 0.7
GOAL_MS = 1.0


def measure(plan: Plan) -> Figure:
    """Each round: the most of each, then each at 70 % of that round's most."""
    with workshop() as folder:
        made = sqlite_instance(folder / "data", KEYS)
        with (
            nginx(folder / "nginx", plan.server_core) as (static_url, _),
            gate(folder / "data", made, plan.server_core) as ours,
        ):
            verify = ours.verify_requests(folder / "verify", made.keys)
            static = write_requests(folder / "static", [request("GET", "/", {})])
            ours.check_verify()
            static_port = int(static_url.rpartition(":")[2])
            found = Series("verify", "µs", [], ours=True), Series("nginx `return 200`", "µs", [])
            for _ in range(plan.rounds):
                for series, port, requests, expected in (
                    (found[0], ours.port, verify, '"allowed":true'),
                    (found[1], static_port, static, "ok"),
                ):
                    most = open_loop(port, 0, plan.seconds, plan.load_core, requests, expected).rate
                    paced = open_loop(port, most * SHARE, 2 * plan.seconds, plan.load_core, requests, expected)
                    _keep(series, most, paced)
            ours.check_verify()
        claim = Claim(
            "p99 of verify at 70 % of its own most",
            "ms",
            [each / 1000 for each in found[0].values],
            GOAL_MS,
            at_most=True,
        )
        return Figure("latency", "Latency at 70 % load: the 99th percentile", list(found), [claim], _NOTES)


_NOTES = [
    "Arrivals are random (a Poisson process), latency counts from the instant a request was due: open_loop.c.",
    "`most` is what the same generator reached in a closed loop in the same round.",
]


def _keep(series: Series, most: float, paced: Answered) -> None:
    series.values.append(paced.p99_us)
    beside = {
        "p50_us": paced.p50_us,
        "p999_us": paced.p999_us,
        "max_us": paced.max_us,
        "rate": paced.rate,
        "most": most,
    }
    for name, value in beside.items():
        series.beside.setdefault(name, []).append(value)


if __name__ == "__main__":
    main("latency")
