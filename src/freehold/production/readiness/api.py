"""HTTP of readiness: a project's checks, and what people say for it. Thin: parse, one action, present."""

from litestar import Response

from freehold.kit.paging import Page
from freehold.production.readiness import actions, attestations, http_checks
from freehold.production.readiness.views import (
    AcceptanceBody,
    AcceptanceView,
    AttestationBody,
    AttestationView,
    CalledView,
    HttpResultView,
    ProjectReadinessView,
    RunBody,
    acceptance_view,
    attestation_view,
    http_result_view,
    readiness_view,
)
from freehold.web.call import Call
from freehold.web.inputs import with_time_zone


def read_project_readiness(call: Call, project_id: str) -> ProjectReadinessView:
    """How a sandbox project stands on its way to production, now: each check with its evidence, age and fix."""
    with call.read() as tx:
        return readiness_view(actions.read_readiness(tx, call.actor, project_id))


def list_attestations(call: Call, project_id: str) -> Page[AttestationView]:
    """What was attested of a project, the newest 200, withdrawn and expired ones too."""
    with call.read() as tx:
        rows = attestations.list_attestations(tx, call.actor, project_id)
    return Page([attestation_view(row) for row in rows], None)


def create_attestation(call: Call, project_id: str, data: AttestationBody) -> Response[AttestationView]:
    """Attest a check of a project: a person of the role that the check names, who has not asked for production."""
    return call.create(
        lambda tx: attestation_view(attestations.attest(tx, call.actor, project_id, data.check, data.words))
    )


def withdraw_attestation(call: Call, attestation_id: str) -> AttestationView:
    """Take an attestation back: whoever said it, or an owner or admin."""
    with call.write() as tx:
        return attestation_view(attestations.withdraw_attestation(tx, call.actor, attestation_id))


def run_readiness_check(call: Call, project_id: str, data: RunBody) -> Response[CalledView]:
    """Have an HTTP check of a project called within seconds; what it comes to shows with the project's readiness."""
    return call.create(
        lambda tx: CalledView(check=data.check, asked_at=http_checks.ask(tx, call.actor, project_id, data.check)),
        status=202,
    )


def list_readiness_results(call: Call, project_id: str) -> Page[HttpResultView]:
    """What the calls of a project's HTTP checks came to, the newest 200."""
    with call.read() as tx:
        rows = http_checks.list_results(tx, call.actor, project_id)
    return Page([http_result_view(row) for row in rows], None)


def list_key_acceptances(call: Call, project_id: str) -> Page[AcceptanceView]:
    """What was accepted of a project's keys, the newest 200, ended ones too."""
    with call.read() as tx:
        rows = attestations.list_acceptances(tx, call.actor, project_id)
    return Page([acceptance_view(row) for row in rows], None)


def create_key_acceptance(call: Call, project_id: str, data: AcceptanceBody) -> Response[AcceptanceView]:
    """Accept a finding about a key for a while, and say why. What stood of the same finding ends."""
    until = with_time_zone("expires_at", data.expires_at) or data.expires_at
    return call.create(
        lambda tx: acceptance_view(
            attestations.accept_finding(tx, call.actor, project_id, data.key, data.finding, data.reason, until)
        )
    )


def withdraw_key_acceptance(call: Call, acceptance_id: str) -> AcceptanceView:
    """Accept a finding about a key no longer."""
    with call.write() as tx:
        return acceptance_view(attestations.withdraw_acceptance(tx, call.actor, acceptance_id))
