"""Verify over better-auth's API-key plugin, with SQLite and in memory."""

from benchmarks import packages
from benchmarks.against import measure_against
from benchmarks.machine import pins
from benchmarks.plan import Plan
from benchmarks.records import Figure
from benchmarks.run import main


def measure(plan: Plan) -> Figure:
    """The plugin verifies key, permission and rate limit."""
    return measure_against(
        plan,
        "better_auth",
        "Verify over better-auth's API-key plugin",
        [
            (lambda folder, core, _: packages.better_auth(folder, core, "sqlite"), 10),
            (lambda folder, core, _: packages.better_auth(folder, core, "memory"), 10),
        ],
        pins("better-auth/package.json", "better-auth", "@better-auth/api-key", "better-sqlite3"),
    )


if __name__ == "__main__":
    main("better_auth")
