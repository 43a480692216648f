# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Every operation of the API, as a client has them."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Perform, Resource, Unset, Walk, operation, sent
from freehold.sdk.models import DryRun, Me, Setup, VerifyAnswer
from freehold.sdk.models.words import Environment
from freehold.sdk.resources.access_requests import AccessRequestCalls
from freehold.sdk.resources.alert_channels import AlertChannelCalls
from freehold.sdk.resources.alerts import AlertCalls
from freehold.sdk.resources.apis import ApiCalls
from freehold.sdk.resources.attempts import AttemptCalls
from freehold.sdk.resources.attestations import AttestationCalls
from freehold.sdk.resources.audit_entries import AuditEntryCalls
from freehold.sdk.resources.audit_proofs import AuditProofCalls
from freehold.sdk.resources.bindings import BindingsCalls
from freehold.sdk.resources.deliveries import DeliveryCalls
from freehold.sdk.resources.drift import DriftCalls
from freehold.sdk.resources.endpoints import EndpointCalls
from freehold.sdk.resources.event_types import EventTypeCalls
from freehold.sdk.resources.exports import ExportCalls
from freehold.sdk.resources.firings import FiringCalls
from freehold.sdk.resources.forwardings import ForwardingCalls
from freehold.sdk.resources.inbox import InboxCalls
from freehold.sdk.resources.invitations import InvitationCalls
from freehold.sdk.resources.key_acceptances import KeyAcceptanceCalls
from freehold.sdk.resources.keys import KeyCalls
from freehold.sdk.resources.members import MemberCalls
from freehold.sdk.resources.messages import MessageCalls
from freehold.sdk.resources.metered_events import MeteredEventCalls
from freehold.sdk.resources.organization_deletions import OrganizationDeletionCalls
from freehold.sdk.resources.organizations import OrganizationCalls
from freehold.sdk.resources.person_deletions import PersonDeletionCalls
from freehold.sdk.resources.price_lists import PriceListCalls
from freehold.sdk.resources.projects import ProjectCalls
from freehold.sdk.resources.readiness import ReadinessCalls
from freehold.sdk.resources.readiness_checks import ReadinessCheckCalls
from freehold.sdk.resources.readiness_policies import ReadinessPolicyCalls
from freehold.sdk.resources.replays import ReplayCalls
from freehold.sdk.resources.report_schedules import ReportScheduleCalls
from freehold.sdk.resources.reports import ReportCalls
from freehold.sdk.resources.requests import RequestCalls
from freehold.sdk.resources.retentions import RetentionCalls
from freehold.sdk.resources.scope import ScopeCalls
from freehold.sdk.resources.shape import ShapeCalls
from freehold.sdk.resources.tokens import TokenCalls
from freehold.sdk.resources.usage import UsageCalls
from freehold.sdk.resources.webhook_checks import WebhookCheckCalls
from freehold.sdk.resources.webhooks import WebhookCalls


class Surface(Resource[Mode]):
    """All that a client can do."""

    def __init__(self, perform: Perform, walk: Walk) -> None:
        super().__init__(perform, walk)
        self.tokens: TokenCalls[Mode] = TokenCalls(perform, walk)
        self.retentions: RetentionCalls[Mode] = RetentionCalls(perform, walk)
        self.person_deletions: PersonDeletionCalls[Mode] = PersonDeletionCalls(perform, walk)
        self.organizations: OrganizationCalls[Mode] = OrganizationCalls(perform, walk)
        self.organization_deletions: OrganizationDeletionCalls[Mode] = OrganizationDeletionCalls(perform, walk)
        self.members: MemberCalls[Mode] = MemberCalls(perform, walk)
        self.invitations: InvitationCalls[Mode] = InvitationCalls(perform, walk)
        self.audit_entries: AuditEntryCalls[Mode] = AuditEntryCalls(perform, walk)
        self.audit_proofs: AuditProofCalls[Mode] = AuditProofCalls(perform, walk)
        self.forwardings: ForwardingCalls[Mode] = ForwardingCalls(perform, walk)
        self.apis: ApiCalls[Mode] = ApiCalls(perform, walk)
        self.endpoints: EndpointCalls[Mode] = EndpointCalls(perform, walk)
        self.event_types: EventTypeCalls[Mode] = EventTypeCalls(perform, walk)
        self.projects: ProjectCalls[Mode] = ProjectCalls(perform, walk)
        self.bindings: BindingsCalls[Mode] = BindingsCalls(perform, walk)
        self.drift: DriftCalls[Mode] = DriftCalls(perform, walk)
        self.scope: ScopeCalls[Mode] = ScopeCalls(perform, walk)
        self.keys: KeyCalls[Mode] = KeyCalls(perform, walk)
        self.webhooks: WebhookCalls[Mode] = WebhookCalls(perform, walk)
        self.webhook_checks: WebhookCheckCalls[Mode] = WebhookCheckCalls(perform, walk)
        self.deliveries: DeliveryCalls[Mode] = DeliveryCalls(perform, walk)
        self.attempts: AttemptCalls[Mode] = AttemptCalls(perform, walk)
        self.replays: ReplayCalls[Mode] = ReplayCalls(perform, walk)
        self.inbox: InboxCalls[Mode] = InboxCalls(perform, walk)
        self.messages: MessageCalls[Mode] = MessageCalls(perform, walk)
        self.alerts: AlertCalls[Mode] = AlertCalls(perform, walk)
        self.firings: FiringCalls[Mode] = FiringCalls(perform, walk)
        self.alert_channels: AlertChannelCalls[Mode] = AlertChannelCalls(perform, walk)
        self.shape: ShapeCalls[Mode] = ShapeCalls(perform, walk)
        self.readiness: ReadinessCalls[Mode] = ReadinessCalls(perform, walk)
        self.attestations: AttestationCalls[Mode] = AttestationCalls(perform, walk)
        self.key_acceptances: KeyAcceptanceCalls[Mode] = KeyAcceptanceCalls(perform, walk)
        self.readiness_policies: ReadinessPolicyCalls[Mode] = ReadinessPolicyCalls(perform, walk)
        self.readiness_checks: ReadinessCheckCalls[Mode] = ReadinessCheckCalls(perform, walk)
        self.access_requests: AccessRequestCalls[Mode] = AccessRequestCalls(perform, walk)
        self.price_lists: PriceListCalls[Mode] = PriceListCalls(perform, walk)
        self.reports: ReportCalls[Mode] = ReportCalls(perform, walk)
        self.exports: ExportCalls[Mode] = ExportCalls(perform, walk)
        self.report_schedules: ReportScheduleCalls[Mode] = ReportScheduleCalls(perform, walk)
        self.usage: UsageCalls[Mode] = UsageCalls(perform, walk)
        self.requests: RequestCalls[Mode] = RequestCalls(perform, walk)
        self.metered_events: MeteredEventCalls[Mode] = MeteredEventCalls(perform, walk)

    @operation
    def set_up(self, *, setup_token: str, email: str, name: str, password: str, organization: str) -> Call[Setup]:
        """Do the first-run setup with the one-time token; begins a session too.

        The first-run setup: the operator's account and organization.

        `setup_token`: The token behind `#token=` in the link that Freehold prints.
        `name`: The operator's name.
        `password`: 12 characters or more.
        `organization`: The operator's organization.

        Raises AlreadySetUp.
        """
        return Call(
            "POST",
            "/v1/setup",
            Setup,
            body=sent(
                {
                    "setup_token": setup_token,
                    "email": email,
                    "name": name,
                    "password": password,
                    "organization": organization,
                }
            ),
        )

    @operation
    def me(self) -> Call[Me]:
        """Who the caller is, and what they may do where."""
        return Call("GET", "/v1/me", Me, repeatable=True)

    @operation
    def explain(
        self,
        key: str,
        *,
        endpoint: str | Unset | None = UNSET,
        method: str | Unset | None = UNSET,
        path: str | Unset | None = UNSET,
        environment: Environment | Unset | None = UNSET,
        address: str | Unset | None = UNSET,
        cost: int | Unset = UNSET,
    ) -> Call[DryRun]:
        """Would this call pass, and if not, what must change? Spends nothing.

        A call to ask about: a key by id or text, and the endpoint by id or by method and path.

        `key`: A key's id (`key_…`), or its text.
        `cost`: How many cost units the call has.
        """
        return Call(
            "POST",
            "/v1/explain",
            DryRun,
            body=sent(
                {
                    "key": key,
                    "endpoint": endpoint,
                    "method": method,
                    "path": path,
                    "environment": environment,
                    "address": address,
                    "cost": cost,
                }
            ),
            repeatable=True,
        )

    @operation
    def verify(
        self,
        key: str,
        *,
        endpoint: str | Unset | None = UNSET,
        method: str | Unset | None = UNSET,
        path: str | Unset | None = UNSET,
        api: str | Unset | None = UNSET,
        environment: Environment | Unset | None = UNSET,
        address: str | Unset | None = UNSET,
        cost: int | Unset = UNSET,
    ) -> Call[VerifyAnswer]:
        """Ask whether a request with a key may pass.

        Name the endpoint by its operation id, or by method and path; and, where there are several APIs, the one
        that asks by its slug, so that no key of another passes. Counts as a request of the key.

        What is asked: a key, and the endpoint by operation id or by method and path. `api`: the slug of the API
        that asks; a key of another one is denied. Without it, the key's own is meant.
        """
        return Call(
            "POST",
            "/v1/keys/verify",
            VerifyAnswer,
            body=sent(
                {
                    "key": key,
                    "endpoint": endpoint,
                    "method": method,
                    "path": path,
                    "api": api,
                    "environment": environment,
                    "address": address,
                    "cost": cost,
                }
            ),
            at_gate=True,
        )
