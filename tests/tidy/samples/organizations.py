"""Sample pages of members, tokens, the audit log and organizations."""

from datetime import timedelta

from freehold.dashboard.views import organizations
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Filter, Pager
from tests.tidy.samples.frame import AT, DIGEST, KEY, NOW, ORGANIZATION, Sample, ago, shell

ROLE_CHOICES = (
    Choice("owner", "Owner", "Everything, and who else is owner"), Choice("admin", "Admin", "Everything but owners"),
    Choice("developer", "Developer", "Projects, keys, webhooks"), Choice("billing", "Billing", "Reads usage"), Choice("auditor", "Auditor", "Reads all, changes nothing"),
)  # fmt: skip


def audit_row(index: int, action: str, changes: tuple[organizations.AuditChange, ...] = ()) -> organizations.AuditRow:
    return organizations.AuditRow(
        id=f"aud_{index}", at=ago(hours=index * 5), actor="Ines Okafor", actor_kind="user", action=action, subject_kind=action.split(".", maxsplit=1)[0], subject="checkout-web",
        href=f"{AT}/keys/{KEY}", project="Country lookup", address="198.51.100.24", request_id="req_1", position=4_210 - index, hash=DIGEST, changes=changes,
    )  # fmt: skip


TOKEN = organizations.TokenRow(
    id="tok_1",
    name="api-servers",
    identifier="fho_…k2Qd",
    roles=("verifier", "publisher"),
    created_by="Ines Okafor",
    created_at=ago(days=9),
    expires_at=None,
    last_used_at=ago(seconds=3),
)


def audit_proof(fault: str | None = None) -> organizations.AuditProofPage:
    return organizations.AuditProofPage(
        organization_id=ORGANIZATION, fault=fault, entries=4711, unsealed=12, seals=310, sealed_to=4699, sealed_at=NOW,
        head_hash="9f86d081" * 8, public_key="11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", key_id="4bf5122f344554c5",
        proved_at=NOW,
    )  # fmt: skip


def organization_pages() -> dict[str, Sample]:
    members = (
        organizations.MemberRow(
            user_id="usr_1",
            name="Ines Okafor",
            email="ines@northgate.example",
            role="owner",
            joined_at=ago(days=12),
            owns=("Country lookup",),
            fixed="The last owner stays owner.",
            is_self=True,
        ),
        organizations.MemberRow(
            user_id="usr_2", name="Tom Reyes", email="tom@northgate.example", role="developer", joined_at=ago(days=4)
        ),
    )
    invitation = organizations.InvitationRow(
        id="inv_1",
        email="ana@northgate.example",
        role="auditor",
        invited_by="Ines Okafor",
        created_at=ago(days=1),
        expires_at=NOW + timedelta(days=6),
    )
    changes = (
        organizations.AuditChange(field="rate_limit", before="1,200 per minute", after="600 per minute"),
        organizations.AuditChange(field="workload", before=None, after="Checkout"),
    )
    filters = (
        Filter(name="action", label="Action", value="", choices=(("", "Any"), ("key", "Keys"))),
        Filter(name="actor", label="Actor", value="", choices=(("", "Anybody"),)),
    )
    return {
        "members": Sample("organizations/members.html.j2", shell("members", inside=False), organizations.MembersView(organization_id=ORGANIZATION, members=members, invitations=(invitation,), roles=ROLE_CHOICES)),
        "members-invited": Sample("organizations/members.html.j2", shell("members", inside=False), organizations.MembersView(organization_id=ORGANIZATION, members=members, invitations=(), roles=ROLE_CHOICES, invitation_link="http://127.0.0.1:8400/invitation#token=inv_x", invited="ana@northgate.example", edit_blocked="Only owners and admins change members.", invite_form=Form(blocked="Only owners and admins invite."))),
        "organization": Sample("organizations/settings.html.j2", shell("organization", inside=False), organizations.OrganizationView(id=ORGANIZATION, name="Northgate", slug="northgate", revision=1, created_at=ago(days=12), is_operator=True, form=Form({"name": "Northgate"}))),
        "organization-new": Sample("organizations/new.html.j2", shell("", inside=False), organizations.NewOrganizationView(form=Form(idempotency_key="once-2"))),
        "tokens": Sample("organizations/tokens.html.j2", shell("tokens", inside=False), organizations.TokensView(organization_id=ORGANIZATION, own=(), service=(TOKEN,), service_roles=(Choice("verifier", "Verifier", "May verify keys"), Choice("publisher", "Publisher", "May publish events")))),
        "tokens-made": Sample("organizations/tokens.html.j2", shell("tokens", inside=False), organizations.TokensView(organization_id=ORGANIZATION, own=(TOKEN,), service=(), service_roles=(), secret="fhp_8Vt3qLr0Zc5NwYb2HsKe7XmD41uPjGaQ9f2c", secret_name="laptop")),
        "audit": Sample("organizations/audit.html.j2", shell("audit", inside=False), organizations.AuditView(organization_id=ORGANIZATION, rows=(audit_row(1, "key.edited", changes), audit_row(2, "key.issued"), audit_row(3, "project.created")), filters=filters, from_on="", to_on="", pager=Pager(older="/organizations/x/audit?cursor=y"))),
        "audit-empty": Sample("organizations/audit.html.j2", shell("audit", inside=False), organizations.AuditView(organization_id=ORGANIZATION, rows=(), filters=filters, from_on="2026-11-01", to_on="", pager=Pager())),
        "audit-proof": Sample("organizations/audit_proof.html.j2", shell("audit", inside=False), audit_proof()),
        "audit-not-whole": Sample("organizations/audit_proof.html.j2", shell("audit", inside=False), audit_proof("entry 3 of org_1 (aud_3) was altered")),
    }  # fmt: skip
