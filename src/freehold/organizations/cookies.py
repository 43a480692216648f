"""The cookie of a session, and the link of an invitation: what api.py and the pages both answer with."""

from litestar.datastructures import Cookie

from freehold.organizations import members, passwords, sessions
from freehold.web.call import SESSION_COOKIE, Call


def session_cookie(call: Call, signed_in: sessions.SignedIn) -> Cookie:
    """The cookie of a new session."""
    return Cookie(
        key=SESSION_COOKIE, value=signed_in.text, path="/", httponly=True, samesite="lax",
        secure=call.settings.control_url.startswith("https://"),
        max_age=call.settings.session_days * 86_400,
    )  # fmt: skip


def no_session_cookie() -> Cookie:
    """The cookie that takes a session's away."""
    return Cookie(key=SESSION_COOKIE, value="", path="/", httponly=True, samesite="lax", max_age=0)


def invitation_link(call: Call, token: str) -> str:
    """The link of an invitation. The token is behind `#`, which browsers do not send."""
    return f"{call.settings.control_url}/invitation#token={token}"


def accept_with_new_account(call: Call, token: str, name: str, password: str) -> sessions.SignedIn:
    """Make the invited address's account, join, and begin its first session."""
    with call.read() as tx:
        invitation, _, _ = members.read_invitation(tx, call.secret, token)
    members.check_new_member(name, password, invitation.email)
    password_hash = passwords.hash_password(password)
    with call.write() as tx:
        user = members.accept_as_new_user(tx, call.secret, token, name, password_hash, call.address, call.request_id)
        return sessions.begin_session(tx, call.secret, user, call.visitor, call.settings.session_days)
