"""Verify over the LiteLLM proxy's check of its master key."""

from benchmarks import packages
from benchmarks.against import measure_against
from benchmarks.machine import pins
from benchmarks.plan import Plan
from benchmarks.records import Figure
from benchmarks.run import main


def measure(plan: Plan) -> Figure:
    """Without its database the proxy knows one key and counts nothing: its quickest case."""
    return measure_against(
        plan,
        "litellm",
        "Verify over LiteLLM's proxy",
        [(lambda folder, core, _: packages.litellm(folder, core), 10)],
        pins("litellm.lock", "litellm"),
        ["`GET /v1/models` with the master key: no model is called, and no database is asked."],
    )


if __name__ == "__main__":
    main("litellm")
