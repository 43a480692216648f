"""Two gate workers over one: on cores of their own where there are three, and else by the CPU that a request takes."""

from benchmarks.contest import Contestant, hold
from benchmarks.gates import VERIFY, gate, workshop
from benchmarks.instance import sqlite_instance
from benchmarks.plan import KEYS, Plan
from benchmarks.records import Claim, Figure, ratio
from benchmarks.run import main

GOAL = 1.8


def measure(plan: Plan) -> Figure:
    """One worker with its limits in its own memory; two that share theirs, as with FREEHOLD_WORKERS=2."""
    cores = (plan.server_core, plan.other_core) if plan.other_core is not None else (plan.server_core,)
    with workshop() as folder:
        made_one, made_two = sqlite_instance(folder / "one", KEYS), sqlite_instance(folder / "two", KEYS)
        with (
            gate(folder / "one", made_one, plan.server_core) as one,
            gate(folder / "two", made_two, *cores, workers=2) as two,
        ):
            series = hold(
                [
                    Contestant(
                        name,
                        each.url + VERIFY,
                        each.pids,
                        each.check_verify,
                        each.verify_requests(path, each.keys),
                        True,
                    )
                    for name, each, path in (
                        ("one worker", one, folder / "asked-one"),
                        (f"two workers on {len(cores)} core{'s' * (len(cores) > 1)}", two, folder / "asked-two"),
                    )
                ],
                plan,
            )
            if plan.other_core is not None:
                claims = [ratio("two workers over one, a core each", series[1], series[0], GOAL)]
                notes = []
            else:
                cpu = [each.beside["cpu_us"] for each in series]
                expected = [2 * alone / shared for alone, shared in zip(*cpu, strict=True)]
                claims = [
                    Claim(
                        "two workers over one, estimated: 2 × CPU of a request with one ÷ with two", "×", expected, GOAL
                    ),
                    ratio("two workers over one, both on the same core", series[1], series[0]),
                ]
                notes = [
                    "This machine has two cores and the load needs one, so two workers cannot have one each.",
                    "They share the listening socket and the table of limits; the estimate counts what that costs.",
                ]
            return Figure("workers", "Two workers over one", series, claims, notes)


if __name__ == "__main__":
    main("workers")
