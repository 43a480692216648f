"""Verify over the key packages of Django and FastAPI, and over FastAPI by hand."""

from benchmarks import packages
from benchmarks.against import measure_against
from benchmarks.machine import pins
from benchmarks.plan import KEYS, Plan
from benchmarks.records import Figure
from benchmarks.run import main


def measure(plan: Plan) -> Figure:
    """Each package checks the key inside a view that answers a small JSON object."""
    return measure_against(
        plan,
        "packages",
        "Verify over key packages of Django and FastAPI",
        [
            (lambda folder, core, _: packages.fastapi_by_hand(folder, core), None),
            (lambda folder, core, _: packages.fastapi_key_auth(folder, core, 1), None),
            (lambda folder, core, _: packages.fastapi_key_auth(folder, core, KEYS), 10),
            (lambda folder, core, _: packages.fastapi_simple_security(folder, core), 10),
            (lambda folder, core, _: packages.django(folder, core), 10),
        ],
        pins("fastapi.lock", "fastapi", "fastapi-key-auth", "fastapi-simple-security")
        | pins("django.lock", "django", "djangorestframework-api-key", "granian"),
    )


if __name__ == "__main__":
    main("packages")
