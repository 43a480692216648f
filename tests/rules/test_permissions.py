"""The permission table, said once more by hand: a change of the table has to be meant twice."""

from dataclasses import replace
from typing import Final, get_args

import pytest

from freehold.errors import Problem
from freehold.organizations import permissions
from freehold.organizations.permissions import Permission
from freehold.organizations.records import ROLES, SERVICE_ROLES, Actor, ServiceRole

ALL: Final[tuple[Permission, ...]] = get_args(Permission)
HARBOUR: Final = "org_harbour"

WHO: Final[dict[Permission, str]] = {
    "organization.read": "owner admin developer billing auditor",
    "organization.edit": "owner admin",
    "members.read": "owner admin developer billing auditor",
    "members.edit": "owner admin",
    "tokens.edit": "owner admin",
    "audit.read": "owner admin auditor",
    "projects.read": "owner admin developer billing auditor",
    "projects.create": "owner admin developer",
    "projects.edit": "owner admin developer",
    "projects.archive": "owner admin developer",
    "scope.edit": "owner admin developer",
    "keys.read": "owner admin developer auditor",
    "keys.issue": "owner admin developer",
    "keys.revoke": "owner admin developer",
    "keys.verify": "owner admin developer verifier",
    "webhooks.read": "owner admin developer auditor",
    "webhooks.edit": "owner admin developer",
    "webhooks.test": "owner admin developer",
    "messages.publish": "owner admin developer publisher",
    "messages.read": "owner admin developer auditor",
    "usage.read": "owner admin developer billing auditor",
    "usage.report": "owner admin developer publisher",
    "alerts.read": "owner admin developer billing auditor",
    "alerts.edit": "owner admin developer",
    "production.read": "owner admin developer billing auditor",
    "production.edit": "owner admin developer",
    "production.lock": "owner admin",
    # On a clock or now, what may be had may be had: it takes the right to read what is reported besides.
    "reports.schedule": "owner admin developer billing auditor",
    "explain": "owner admin developer auditor",
    "apis.read": "owner admin developer billing auditor verifier publisher",
    # Operators alone, by `require_operator`: no role of an organization has it.
    "apis.edit": "",
}  # fmt: skip


def actor(*roles: ServiceRole, operator: bool = False, everywhere: frozenset[ServiceRole] = frozenset()) -> Actor:
    held = {HARBOUR: frozenset(roles)} if roles else {}
    return Actor("user", "usr_1", "ada@example.com", "usr_1", operator, held, everywhere)


def test_the_table_here_names_every_permission() -> None:
    assert set(WHO) == set(ALL)


@pytest.mark.parametrize("permission", ALL)
def test_each_role_may_what_the_table_says(permission: Permission) -> None:
    may = {role for role in SERVICE_ROLES if permissions.may(actor(role), permission, HARBOUR)}
    assert may == set(WHO[permission].split())


@pytest.mark.parametrize("permission", ALL)
def test_a_role_counts_in_its_own_organization_alone(permission: Permission) -> None:
    for role in SERVICE_ROLES:
        assert not permissions.may(actor(role), permission, "org_elsewhere")
        with pytest.raises(Problem) as refused:
            permissions.require(actor(role), permission, "org_elsewhere")
        assert refused.value.code == "not_found"


def test_an_operator_reads_everywhere_and_changes_nothing_of_others() -> None:
    reads = {permission for permission in ALL if permissions.may(actor(operator=True), permission, HARBOUR)}
    assert reads == {each for each in ALL if each.endswith(".read")} | {"explain"}
    with pytest.raises(Problem) as refused:
        permissions.require(actor(operator=True), "projects.edit", HARBOUR)
    assert refused.value.code == "forbidden"


def test_a_reviewer_reads_everywhere_what_evidence_is_of_and_changes_nothing() -> None:
    reviewer = replace(actor(), reviews=True)
    reads = {permission for permission in ALL if permissions.may(reviewer, permission, HARBOUR)}
    assert reads == {each for each in ALL if each.endswith(".read") and each != "audit.read"} | {"explain"}
    with pytest.raises(Problem) as refused:
        permissions.require(reviewer, "production.edit", HARBOUR)
    assert refused.value.code == "forbidden"


def test_the_operators_services_verify_and_publish_everywhere() -> None:
    serving = actor(everywhere=frozenset({"verifier", "publisher"}))
    may = {permission for permission in ALL if permissions.may(serving, permission, HARBOUR)}
    assert may == {"keys.verify", "messages.publish", "usage.report", "apis.read"}


def test_freehold_itself_may_everything() -> None:
    system = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
    assert all(permissions.may(system, permission, HARBOUR) for permission in ALL)


def test_what_is_refused_is_said_by_how_near_one_is() -> None:
    with pytest.raises(Problem) as near:
        permissions.require(actor("billing"), "keys.issue", HARBOUR)
    assert near.value.code == "forbidden"
    assert "keys.issue" in near.value.detail
    permissions.require(actor("developer"), "keys.issue", HARBOUR)
    assert permissions.blocked(actor("developer"), "keys.issue", HARBOUR) is None
    assert permissions.blocked(actor("billing"), "keys.issue", HARBOUR)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_makes_an_operator(role: ServiceRole) -> None:
    with pytest.raises(Problem) as refused:
        permissions.require_operator(actor(role))
    assert refused.value.code == "forbidden"
    permissions.require_operator(actor(operator=True))


def test_a_service_has_no_account() -> None:
    service = Actor("token", "tok_1", "gate", None, is_operator=False, roles={})
    with pytest.raises(Problem) as refused:
        permissions.require_signed_in_person(service)
    assert refused.value.code == "forbidden"
    assert permissions.require_signed_in_person(actor()) == "usr_1"
