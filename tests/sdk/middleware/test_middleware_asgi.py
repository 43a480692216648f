"""ASGI: who may pass, what the application and the client see of it, and what is counted."""

from freehold.sdk.guard import Guard
from tests.gate.instance import Instance
from tests.sdk.middleware.calling import call, guarded, request_id_of, row_of


def test_an_allowed_request(guard: Guard, instance: Instance) -> None:
    key = instance.issue()
    answer = call(guarded(guard), key=key.text)
    assert (answer.status_code, answer.json()) == (200, {"project": instance.sandbox_id, "key": key.id})
    assert answer.headers["x-freehold-project"] == instance.sandbox_id
    assert answer.headers["x-freehold-key"] == key.id
    assert answer.headers["x-freehold-environment"] == "sandbox"
    row = row_of(instance.store, request_id_of(answer))
    assert (row.outcome, row.status, row.via, row.endpoint) == ("allowed", 200, "sdk", "getCountry")
    assert (row.address, row.path, row.cost, row.project_id) == (
        "198.51.100.7",
        "/v1/countries/NO",
        1,
        instance.sandbox_id,
    )
