"""HTTP of what the operator asks of projects before production. Thin: parse, one action, present."""

from litestar import Response

from freehold.kit.paging import Page
from freehold.production.policy import actions, own_checks
from freehold.production.policy.views import (
    OwnCheckBody,
    OwnCheckPatch,
    OwnCheckView,
    PolicyBody,
    PolicyView,
    own_check_view,
    own_patched,
    own_settings_of,
    policy_of,
    policy_view,
)
from freehold.web.call import Call


def read_readiness_policy(call: Call, api: str) -> PolicyView:
    """What the operator asks of an API's projects before production."""
    with call.read() as tx:
        return policy_view(actions.read_policy(tx, call.actor, api))


def set_readiness_policy(call: Call, api: str, data: PolicyBody) -> PolicyView:
    """Set what is asked of an API's projects, whole; projects are looked at by it at once, lists within a minute."""
    wanted = policy_of(data, api)
    with call.write() as tx:
        return policy_view(actions.set_policy(tx, call.actor, api, wanted, call.revision()))


def list_readiness_checks(call: Call, api: str) -> Page[OwnCheckView]:
    """The operator's own checks of an API, all of them, by title."""
    with call.read() as tx:
        rows = own_checks.list_own_checks(tx, call.actor, api)
    return Page([own_check_view(row) for row in rows], None)


def create_readiness_check(call: Call, api: str, data: OwnCheckBody) -> Response[OwnCheckView]:
    """Add a check to those of an API's projects: an attestation, or an HTTP check that Freehold calls."""
    wanted = own_settings_of(data)
    return call.create(
        lambda tx: own_check_view(own_checks.create_own_check(tx, call.actor, call.settings, api, wanted))
    )


def edit_readiness_check(call: Call, own_check_id: str, data: OwnCheckPatch) -> OwnCheckView:
    """Change a check of the operator's (RFC 7396). Where it asks another thing, what was said before counts no more."""
    with call.write() as tx:
        return own_check_view(
            own_checks.edit_own_check(
                tx, call.actor, call.settings, own_check_id, lambda old: own_patched(old, data), call.revision()
            )
        )


def remove_readiness_check(call: Call, own_check_id: str) -> None:
    """Remove a check of the operator's; what was said of it stays on record."""
    with call.write() as tx:
        own_checks.remove_own_check(tx, call.actor, own_check_id)
