"""`POST /v1/keys/verify` as the operator's own code calls it."""

from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance


def test_a_key_may_call_what_its_project_declares(gate: GateProcess, instance: Instance) -> None:
    token, key = instance.service_token(), instance.issue(rate_limit=5, rate_window_s=60)
    answer = gate.verify(token, key=key.text, method="GET", path="/v1/countries/NO?full=1")
    assert answer["allowed"] is True
    assert answer["reason"] is None
    assert answer["request_id"].startswith("req_")
    assert (answer["project"], answer["environment"]) == (instance.sandbox_id, "sandbox")
    assert answer["key"]["id"] == key.id
    assert answer["endpoint"] == "getCountry"
    [limit] = answer["limits"]
    assert (limit["name"], limit["limit"], limit["remaining"]) == ("key", 5, 4)
