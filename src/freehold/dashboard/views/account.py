"""Setup, sign-in, invitation and one's own account."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupView:
    """First run (`account/setup.html.j2`). Fields: `token`, `name`, `email`, `password`, `organization`.

    The token arrives in the URL's fragment; the script moves it into the field.
    """

    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """Sign-in (`account/sign_in.html.j2`). Fields: `email`, `password`, `next` (a path of this site)."""

    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """Accepting an invitation (`account/invitation.html.j2`). Fields: `token`, `name`, `password`.

    The token is a secret, so the page learns whose invitation it is only when the form is sent; an
    address that has an account already gives that account's password.
    """

    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One place where this account is signed in. `id` names it in the form that ends it."""

    id: str
    client: str
    address: str
    created_at: datetime
    seen_at: datetime
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One's own account (`account/account.html.j2`). Password form: `current`, `password`."""

    sessions: tuple[SessionRow, ...]
    password_form: Form = field(default_factory=Form)
