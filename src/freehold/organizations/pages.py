"""Pages of setup, sign-in, invitations and one's own account. Thin: parse the form, one action, present."""

from typing import Any

from litestar import Response

from freehold.dashboard.frame import bare_frame, frame
from freehold.dashboard.views.account import AccountView, InvitationView, SessionRow, SetupView, SignInView
from freehold.dashboard.views.form import Form, refused
from freehold.errors import Problem, not_found
from freehold.organizations import actions, cookies, members, passwords, sessions, tokens
from freehold.organizations import queries as accounts
from freehold.organizations.records import Session
from freehold.web.call import Call
from freehold.web.pages import page, safe_next, see_other


def home(call: Call) -> Response[Any]:
    """The start: setup on a new instance, else the caller's first organization."""
    with call.read() as tx:
        if not accounts.is_set_up(tx):
            return see_other("/setup")
        visible = actions.list_organizations(tx, call.actor)
    # An operator sees every organization, and begins with their own.
    first = min(visible, key=lambda each: each.id not in call.actor.roles, default=None)
    return see_other(f"/organizations/{first.id}/projects" if first else "/account")


# --- setup ----------------------------------------------------------------------------------------


def show_setup(call: Call) -> Response[Any]:
    """The first-run setup, or on to signing in where it is done."""
    with call.read() as tx:
        if accounts.is_set_up(tx):
            return see_other("/sign-in")
    return page("account/setup.html.j2", bare_frame(call), SetupView())


def set_up(call: Call) -> Response[Any]:
    """Do the first-run setup and go on to the first project, signed in."""
    values = {name: call.field(name) for name in ("token", "name", "email", "organization")}
    try:
        signed_in, organization_id = _set_up(call)
    except Problem as problem:
        if problem.code == "already_set_up":
            return see_other("/sign-in")
        form = refused(_named(problem, {"setup_token": "token"}), values)
        return page("account/setup.html.j2", bare_frame(call), SetupView(form=form), problem.status)
    answer = see_other(f"/organizations/{organization_id}/projects/new?first")
    answer.cookies.append(cookies.session_cookie(call, signed_in))
    return answer


def _set_up(call: Call) -> tuple[sessions.SignedIn, str]:
    email, name, organization_name = call.field("email"), call.field("name"), call.field("organization")
    with call.read() as tx:
        actions.check_setup_token(tx, call.secret, call.field("token"))
    actions.check_new_operator(email, name, call.field("password"), organization_name)
    new = actions.NewOperator(email, name, passwords.hash_password(call.field("password")), organization_name)
    with call.write() as tx:
        actions.check_setup_token(tx, call.secret, call.field("token"))
        user, organization = actions.set_up(tx, new, call.address, call.request_id)
        signed_in = sessions.begin_session(tx, call.secret, user, call.visitor, call.settings.session_days)
    return signed_in, organization.id


# --- signing in and out ---------------------------------------------------------------------------


def show_sign_in(call: Call) -> Response[Any]:
    """The sign-in form; straight on where somebody is signed in."""
    following = safe_next(call.query_value("next") or "/")
    if call.caller_or_none is not None:
        return see_other(following)
    with call.read() as tx:
        if not accounts.is_set_up(tx):
            return see_other("/setup")
    return page("account/sign_in.html.j2", bare_frame(call), SignInView(form=Form({"next": following})))


def sign_in(call: Call) -> Response[Any]:
    """Sign in and go on to where the person wanted to go."""
    following = safe_next(call.field("next"))
    try:
        signed_in = sessions.sign_in(
            call.store,
            call.secret,
            call.field("email"),
            call.field("password"),
            call.visitor,
            call.settings.session_days,
        )
    except Problem as problem:
        form = refused(problem, {"email": call.field("email"), "next": following})
        # 422, not 401: the page is the form again, and no authentication scheme is asked for.
        status = 422 if problem.code == "wrong_credentials" else problem.status
        answer = page("account/sign_in.html.j2", bare_frame(call), SignInView(form=form), status)
        answer.headers.update(problem.headers)
        return answer
    answer = see_other(following)
    answer.cookies.append(cookies.session_cookie(call, signed_in))
    return answer


def sign_out(call: Call) -> Response[Any]:
    """End the session."""
    caller = call.caller_or_none
    if caller is not None and caller.session is not None:
        with call.write() as tx:
            sessions.sign_out(tx, caller.actor, caller.session.digest)
    answer = see_other("/sign-in", "signed-out")
    answer.cookies.append(cookies.no_session_cookie())
    return answer


# --- invitations ----------------------------------------------------------------------------------


def show_invitation(call: Call) -> Response[Any]:
    """The form behind an invitation's link; its token is in the part of the address that is not sent."""
    return page("account/invitation.html.j2", bare_frame(call), InvitationView())


def accept_invitation(call: Call) -> Response[Any]:
    """Join: with a new account, or with the password of the one that the address has."""
    token, name, password = call.field("token"), call.field("name"), call.field("password")
    try:
        signed_in, organization_id = _join(call, token, name, password)
    except Problem as problem:
        form = refused(problem, {"token": token, "name": name})
        status = 422 if problem.code in ("not_found", "wrong_credentials") else problem.status
        return page("account/invitation.html.j2", bare_frame(call), InvitationView(form=form), status)
    answer = see_other(f"/organizations/{organization_id}/projects", "joined")
    answer.cookies.append(cookies.session_cookie(call, signed_in))
    return answer


def _join(call: Call, token: str, name: str, password: str) -> tuple[sessions.SignedIn, str]:
    with call.read() as tx:
        invitation, organization, has_account = members.read_invitation(tx, call.secret, token)
    if not has_account:
        return cookies.accept_with_new_account(call, token, name, password), organization.id
    signed_in = sessions.sign_in(
        call.store, call.secret, invitation.email, password, call.visitor, call.settings.session_days
    )
    with call.write() as tx:
        actor = tokens.actor_of_user(tx, signed_in.user.id)
        if actor is None:
            raise not_found("account")
        members.accept_as_user(tx, actor, call.secret, token)
    return signed_in, organization.id


# --- one's own account ----------------------------------------------------------------------------


def show_account(call: Call) -> Response[Any]:
    """One's own sessions and password."""
    return _account(call, Form(), 200)


def change_password(call: Call) -> Response[Any]:
    """Replace one's own password."""
    session = call.caller.session
    try:
        sessions.change_password(
            call.store, call.actor, call.field("current"), call.field("password"), session.digest if session else None
        )
    except Problem as problem:
        form = refused(_named(problem, {"password": "current", "new_password": "password"}), {})
        return _account(call, form, problem.status)
    return see_other("/account", "password-changed")


def sign_out_everywhere(call: Call) -> Response[Any]:
    """End all other sessions."""
    session = call.caller.session
    with call.write() as tx:
        sessions.sign_out_elsewhere(tx, call.actor, session.digest if session else b"")
    return see_other("/account", "signed-out-elsewhere")


def end_session(call: Call, session_id: str) -> Response[Any]:
    """End one of one's own sessions."""
    with call.write() as tx:
        found = next((each for each in sessions.list_sessions(tx, call.actor) if _session_id(each) == session_id), None)
        if found is None:
            raise not_found("session")
        sessions.sign_out(tx, call.actor, found.digest)
    return see_other("/account", "session-ended")


def _account(call: Call, form: Form, status: int) -> Response[Any]:
    this = call.caller.session
    with call.read() as tx:
        rows = sessions.list_sessions(tx, call.actor)
        shell = frame(tx, call, "account")
    view = AccountView(sessions=tuple(_session_row(row, this) for row in rows), password_form=form)
    return page("account/account.html.j2", shell, view, status)


def _session_row(session: Session, this: Session | None) -> SessionRow:
    return SessionRow(
        id=_session_id(session), client=session.user_agent or "Unknown client", address=session.address,
        created_at=session.created_at, seen_at=session.seen_at,
        current=this is not None and session.digest == this.digest,
    )  # fmt: skip


def _session_id(session: Session) -> str:
    # A part of the keyed digest: enough to name a session, not enough to look one up.
    return session.digest.hex()[:24]


def _named(problem: Problem, names: dict[str, str]) -> Problem:
    """A problem whose fields are called as the form calls them."""
    errors = tuple(type(each)(names.get(each.field, each.field), each.message, each.code) for each in problem.errors)
    return Problem(problem.code, problem.detail, errors, problem.headers)
