"""Sample pages of members, tokens, the audit log and organizations."""

from dataclasses import replace
from datetime import timedelta

from freehold.dashboard.views import organizations
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Todo
from tests.tidy.samples.frame import NOW, ORGANIZATION, PROJECT, Sample, ago, shell

ROLE_CHOICES = (
    Choice("owner", "Owner", "Everything, and who else is owner"), Choice("admin", "Admin", "Everything but owners"),
    Choice("developer", "Developer", "Projects, keys, webhooks"), Choice("billing", "Billing", "Reads usage"), Choice("auditor", "Auditor", "Reads all, changes nothing"),
)  # fmt: skip


NEEDED = "Nobody else is a technical owner of Country lookup in production: name another one first."

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
        organizations.MemberRow(
            user_id="usr_3",
            name="Noor Haddad",
            email="noor@northgate.example",
            role="developer",
            joined_at=ago(days=3),
            owns=("Country lookup",),
            todos=(Todo(text=NEEDED, href=f"/projects/{PROJECT}/settings"),),
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
    return {
        "members": Sample("organizations/members.html.j2", shell("members", inside=False), organizations.MembersView(organization_id=ORGANIZATION, members=members, invitations=(invitation,), roles=ROLE_CHOICES)),
        "members-invited": Sample("organizations/members.html.j2", shell("members", inside=False), organizations.MembersView(organization_id=ORGANIZATION, members=members, invitations=(), roles=ROLE_CHOICES, invitation_link="http://127.0.0.1:8400/invitation#token=inv_x", invited="ana@northgate.example", edit_blocked="Only owners and admins change members.", invite_form=Form(blocked="Only owners and admins invite."))),
        "organization": Sample("organizations/settings.html.j2", shell("organization", inside=False), organizations.OrganizationView(id=ORGANIZATION, name="Northgate", slug="northgate", revision=1, created_at=ago(days=12), is_operator=True, form=Form({"name": "Northgate"}))),
        "organization-new": Sample("organizations/new.html.j2", shell("", inside=False), organizations.NewOrganizationView(form=Form(idempotency_key="once-2"))),
        "tokens": Sample("organizations/tokens.html.j2", shell("tokens", inside=False), organizations.TokensView(organization_id=ORGANIZATION, own=(), service=(TOKEN,), service_roles=(Choice("verifier", "Verifier", "May verify keys"), Choice("publisher", "Publisher", "May publish events")))),
        "tokens-made": Sample("organizations/tokens.html.j2", shell("tokens", inside=False), organizations.TokensView(organization_id=ORGANIZATION, own=(TOKEN,), service=(), service_roles=(), secret="fhp_8Vt3qLr0Zc5NwYb2HsKe7XmD41uPjGaQ9f2c", secret_name="laptop")),
        "audit-proof": Sample("organizations/audit_proof.html.j2", shell("audit", inside=False), audit_proof()),
        "audit-proof-instance": Sample("organizations/audit_proof.html.j2", shell("audit-of-instance", inside=False), replace(audit_proof(), organization_id="", tombstones=2)),
        "audit-not-whole": Sample("organizations/audit_proof.html.j2", shell("audit", inside=False), audit_proof("entry 3 of org_1 (aud_3) was altered")),
    }  # fmt: skip
