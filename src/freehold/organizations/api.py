"""HTTP of setup, sessions and organizations. Thin: parse, one action, present."""

from litestar import Response
from msgspec import UNSET

from freehold.kit.paging import Page
from freehold.organizations import actions, passwords, sessions, tokens
from freehold.organizations.cookies import no_session_cookie, session_cookie
from freehold.organizations.views import (
    MembershipView,
    MeView,
    OrganizationBody,
    OrganizationPatch,
    OrganizationView,
    SessionBody,
    SessionView,
    SetupBody,
    SetupView,
    cut,
    organization_view,
    token_view,
    user_view,
)
from freehold.web.call import Call
from freehold.web.inputs import CursorText, Limit

# --- setup and sessions ---------------------------------------------------------------------------


def set_up(call: Call, data: SetupBody) -> Response[SetupView]:
    """Do the first-run setup with the one-time token; begins a session too."""
    actions.check_new_operator(data.email, data.name, data.password, data.organization)
    with call.read() as tx:
        actions.check_setup_token(tx, call.secret, data.setup_token)
    new = actions.NewOperator(data.email, data.name, passwords.hash_password(data.password), data.organization)
    with call.write() as tx:
        actions.check_setup_token(tx, call.secret, data.setup_token)
        user, organization = actions.set_up(tx, new, call.address, call.request_id)
        actor = tokens.actor_of_user(tx, user.id)
        if actor is None:  # pragma: no cover - the account was made two lines above
            raise LookupError(user.id)
        issued = tokens.create_personal_token(tx, actor, call.secret, "First token", None)
        signed_in = sessions.begin_session(tx, call.secret, user, call.visitor, call.settings.session_days)
    view = SetupView(organization=organization_view(organization), user=user_view(user), token=issued.text)
    return Response(view, status_code=201, cookies=[session_cookie(call, signed_in)])


def begin_session(call: Call, data: SessionBody) -> Response[SessionView]:
    """Sign in with e-mail address and password."""
    signed_in = sessions.sign_in(
        call.store, call.secret, data.email, data.password, call.visitor, call.settings.session_days
    )
    view = SessionView(
        user=user_view(signed_in.user),
        csrf_token=sessions.csrf_token(call.secret, signed_in.text),
        expires_at=signed_in.expires_at,
    )
    return Response(view, status_code=201, cookies=[session_cookie(call, signed_in)])


def end_session(call: Call) -> Response[None]:
    """Sign out."""
    caller = call.caller
    if caller.session is not None:
        with call.write() as tx:
            sessions.sign_out(tx, caller.actor, caller.session.digest)
    return Response(None, status_code=204, cookies=[no_session_cookie()])


def read_me(call: Call) -> MeView:
    """Who the caller is, and what they may do where."""
    caller = call.caller
    with call.read() as tx:
        own = actions.memberships(tx, caller.user.id) if caller.user else []
    return MeView(
        user=user_view(caller.user) if caller.user else None,
        organizations=[
            MembershipView(organization=organization_view(each.organization), role=each.role) for each in own
        ],
        token=token_view(caller.token) if caller.token else None,
        roles={organization: sorted(roles) for organization, roles in caller.actor.roles.items()},
    )


# --- organizations --------------------------------------------------------------------------------


def list_organizations(call: Call, limit: Limit = 50, cursor: CursorText = None) -> Page[OrganizationView]:
    """The organizations that the caller can see, by name."""
    with call.read() as tx:
        views = [organization_view(each) for each in actions.list_organizations(tx, call.actor)]
    return cut(views, limit, cursor, lambda view: view.id)


def create_organization(call: Call, data: OrganizationBody) -> Response[OrganizationView]:
    """Make an organization; operators only."""
    return call.create(lambda tx: organization_view(actions.create_organization(tx, call.actor, data.name)))


def read_organization(call: Call, organization_id: str) -> OrganizationView:
    """One organization."""
    with call.read() as tx:
        return organization_view(actions.read_organization(tx, call.actor, organization_id))


def edit_organization(call: Call, organization_id: str, data: OrganizationPatch) -> OrganizationView:
    """Rename an organization."""
    with call.write() as tx:
        name = None if data.name is UNSET else data.name
        return organization_view(actions.rename_organization(tx, call.actor, organization_id, name, call.revision()))
