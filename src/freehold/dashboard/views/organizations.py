"""An organization: its name, members, tokens and audit log."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Todo


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganizationView:
    """Making an organization (`organizations/new.html.j2`). Field: `name`."""

    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationView:
    """An organization's settings (`organizations/settings.html.j2`). Fields: `name`, `revision`."""

    id: str
    name: str
    slug: str
    revision: int
    created_at: datetime
    is_operator: bool
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One member. `fixed` says why this person cannot be changed or removed, where they cannot.

    `todos`: what whoever may remove them has to do first.
    """

    user_id: str
    name: str
    email: str
    role: str
    joined_at: datetime
    owns: tuple[str, ...] = ()
    fixed: str = ""
    todos: tuple[Todo, ...] = ()
    is_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """One open invitation."""

    id: str
    email: str
    role: str
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersView:
    """Members (`organizations/members.html.j2`). Invite form: `email`, `role`. Role form: `role`.

    `invitation_link` is there only on the answer that made it: it is shown once.
    """

    organization_id: str
    members: tuple[MemberRow, ...]
    invitations: tuple[InvitationRow, ...]
    roles: tuple[Choice, ...]
    invitation_link: str | None = None
    invited: str = ""
    edit_blocked: str | None = None
    invite_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One token. `identifier` never holds more than the last four characters."""

    id: str
    name: str
    identifier: str
    roles: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensView:
    """One's own access tokens and the organization's service tokens (`organizations/tokens.html.j2`).

    Own form: `name`, `expires_on`. Service form: `name`, `roles`, `expires_on`. `secret` is there only on
    the answer that made it; `secret_name` names the token.
    """

    organization_id: str
    own: tuple[TokenRow, ...]
    service: tuple[TokenRow, ...]
    service_roles: tuple[Choice, ...]
    secret: str | None = None
    secret_name: str = ""
    own_form: Form = field(default_factory=Form)
    service_form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditProofPage:
    """What was found of the audit log (`organizations/audit_proof.html.j2`). `fault` None: it is whole.

    `organization_id` empty: of the instance's own, of which `tombstones` says how many deleted organizations are left as it says.
    """

    organization_id: str
    fault: str | None
    entries: int
    unsealed: int
    seals: int
    sealed_to: int | None
    sealed_at: datetime | None
    head_hash: str
    public_key: str
    key_id: str
    proved_at: datetime
    erased: int = 0
    tombstones: int = 0
