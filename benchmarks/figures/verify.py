"""Verify with everything on (scope, several limits, durable journal, many keys) over nginx's static answer."""

from benchmarks.contest import Contestant, hold
from benchmarks.gates import AUTHORIZE, VERIFY, gate, workshop
from benchmarks.instance import sqlite_instance
from benchmarks.plan import KEYS, CannotMeasure, Plan
from benchmarks.processes import status_of
from benchmarks.records import Claim, Figure, Series, ratio
from benchmarks.run import main
from benchmarks.web import nginx

GOAL = 0.60


def measure(plan: Plan) -> Figure:
    """nginx's `return 200`, verify with a thousand keys and with one, forward auth, and the gate's own ceiling."""
    with workshop() as folder:
        made = sqlite_instance(folder / "data", KEYS)
        with (
            nginx(folder / "nginx", plan.server_core) as (static_url, static_pid),
            gate(folder / "data", made, plan.server_core) as ours,
        ):
            many = ours.verify_requests(folder / "many", made.keys)
            one = ours.verify_requests(folder / "one", made.keys[:1])
            forward = ours.authorize_requests(folder / "forward", made.keys)

            def check_static() -> None:
                if status_of(static_url) != (200, b"ok"):
                    raise CannotMeasure("nginx does not answer.")

            series = hold(
                [
                    Contestant("nginx `return 200`", static_url, (static_pid,), check_static),
                    Contestant(f"verify, {KEYS:,} keys", ours.url + VERIFY, ours.pids, ours.check_verify, many, True),
                    Contestant("verify, one key", ours.url + VERIFY, ours.pids, ours.check_verify, one, True),
                    Contestant("authorize", ours.url + AUTHORIZE, ours.pids, ours.check_authorize, forward, True),
                    Contestant(
                        "healthz: the gate's own ceiling", ours.url + "/healthz", ours.pids, ours.check_alive, ours=True
                    ),
                ],
                plan,
            )
            return Figure(
                "verify", "Verify over nginx's static answer", series, _claims(series), [ours.journal_note(series[1:4])]
            )


def _claims(series: list[Series]) -> list[Claim]:
    static, many, one, forward, own = series
    return [
        ratio("verify over nginx `return 200`", many, static, GOAL),
        ratio("verify with one key over nginx `return 200`", one, static, GOAL),
        ratio("authorize over nginx `return 200`", forward, static),
        ratio("verify over the gate's own /healthz", many, own),
    ]


if __name__ == "__main__":
    main("verify")
