"""Ten thousand webhook endpoints, a tenth of which never answer: what the others notice of it."""

from typing import Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan
from benchmarks.records import Figure, Series, ratio
from benchmarks.run import main
from benchmarks.sending import dispatching, one_round, sending
from tests.databases import make_sqlite_template

_QUICK: Final = 9_000
_HANGING: Final = 1_000


def measure(plan: Plan) -> Figure:
    """A message for each quick endpoint a round; first alone, then while each hanging one has a backlog of ten."""
    with workshop() as folder:
        make_sqlite_template(folder / "freehold.db")
        with sending(plan, folder, "", _QUICK, _HANGING) as made, dispatching(plan, folder, made) as pids:
            series = []
            one_round(made, pids, made.endpoints)
            for name in ("9,000 that answer", "9,000 that answer, beside 1,000 that hang"):
                if series:
                    made.publish(made.hanging * 10)
                found = Series(name, "deliveries/s", [], ours=True)
                for _ in range(plan.rounds):
                    got = one_round(made, pids, made.endpoints)
                    found.values.append(round(got.rate, 1))
                    found.beside.setdefault("cpu_us", []).append(round(got.cpu_us, 3))
                series.append(found)
            hanging = made.figures().hanging
    claims = [ratio("rate of those that answer, beside those that hang over alone", series[1], series[0], 0.9)]
    notes = [
        "On SQLite, one tasks process on one core. The rounds with endpoints that hang come after those without: they go on hanging.",
        f"The receiver had {hanging:,} requests that it never answered; each was given up after 20 s.",
    ]
    return Figure("hanging", "A tenth of ten thousand endpoints hangs", series, claims, notes)


if __name__ == "__main__":
    main("hanging")
