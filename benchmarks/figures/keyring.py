"""A million keys against a hundred: memory a key, a cold start, and the rate of decisions. On SQLite."""

from benchmarks.gates import workshop
from benchmarks.instance import sqlite_instance
from benchmarks.many_keys import FEW, MANY, measure_keys
from benchmarks.plan import Plan
from benchmarks.records import Figure
from benchmarks.run import main


def measure(plan: Plan) -> Figure:
    """Two instances side by side; every key of both is asked about."""
    with workshop() as folder:
        few, many = sqlite_instance(folder / "few", FEW), sqlite_instance(folder / "many", MANY)
        return measure_keys(plan, folder, "keyring", "SQLite", (few, ""), (many, ""))


if __name__ == "__main__":
    main("keyring")
