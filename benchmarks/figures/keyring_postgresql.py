"""A million keys against a hundred, on PostgreSQL."""

from benchmarks.gates import workshop
from benchmarks.instance import postgresql_instance
from benchmarks.many_keys import FEW, MANY, measure_keys
from benchmarks.plan import Plan, pinned
from benchmarks.records import Figure
from benchmarks.run import main
from tests.databases import postgres_server


def measure(plan: Plan) -> Figure:
    """As on SQLite; the database server has the load's core, so it never takes time from the gate's."""
    with (
        workshop() as folder,
        pinned(plan.load_core),
        postgres_server(None) as server,
        server.database() as few_url,
        server.database() as many_url,
    ):
        few = postgresql_instance(folder / "few", few_url, FEW)
        many = postgresql_instance(folder / "many", many_url, MANY)
        return measure_keys(plan, folder, "keyring_postgresql", "PostgreSQL", (few, few_url), (many, many_url))


if __name__ == "__main__":
    main("keyring_postgresql")
