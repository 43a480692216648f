"""`ANY /gateway/{api slug}/{path}`: decides, and hands what may pass to the upstream.

What comes after the decision, byte by byte, is `gateway_call`'s.
"""

from typing import Final

from freehold.errors import Problem
from freehold.gate import answers
from freehold.gate.addresses import ProxyTrust
from freehold.gate.decider import Decided, Decider, Question, usage_event
from freehold.gate.decision_fields import decision_fields, owner_fields
from freehold.gate.exchange import Exchange
from freehold.gate.gateway_call import GatewayCall, Parting
from freehold.gate.presented import presented_key
from freehold.gate.upstream_head import Forwarding
from freehold.gate.upstream_pool import NoUpstream, UpstreamPool
from freehold.keys.records import DENIAL_STATUS, DENIAL_WORDS, ProjectRecord, SecretRecord

PREFIX: Final = b"/gateway/"


class Gateway:
    """The embedded gateway of one worker."""

    def __init__(self, decider: Decider, trust: ProxyTrust, pool: UpstreamPool, answer_s: float, idle_s: float) -> None:
        self._decider = decider
        self._trust = trust
        self._pool = pool
        self._answer_s = answer_s
        self._idle_s = idle_s

    def open(self, exchange: Exchange) -> None:
        """Take a request whose head is there; what of its body comes before the decision is kept."""
        exchange.handler = self.handle
        exchange.sink = GatewayCall(exchange, self._pool, self._answer_s, self._idle_s)
        exchange.connection.server.application.handle(exchange)

    def handle(self, exchange: Exchange, hearing: bool) -> None:
        """Decide, then answer the denial or begin the call; Missing where something is to be fetched."""
        _check_upgrade(exchange)
        slug, path, target = _split(exchange.target)
        question = self._question(exchange, slug, path)
        outbox = exchange.connection.server.outbox
        if not hearing or outbox.failing:
            # Upstream work cannot be taken back, so it is not begun where it could not be recorded.
            decided = self._decider.unavailable(question)
        else:
            decided = self._decider.decide(question)
        if decided.record is None or decided.project is None or decided.decision.reason is not None:
            _deny(exchange, decided)
        else:
            self._forward(exchange, decided, decided.record, decided.project, target)

    def _question(self, exchange: Exchange, slug: str, path: str | None) -> Question:
        fields = exchange.fields
        user_agent = fields.get(b"user-agent")
        return Question(
            "gateway",
            presented_key(fields),
            None,
            None,
            exchange.method.decode("ascii"),
            path,
            self._trust.client(exchange.connection.peer, exchange.headers, fields),
            None if user_agent is None else user_agent.decode("latin-1"),
            slug=slug,
        )

    def _forward(
        self, exchange: Exchange, decided: Decided, record: SecretRecord, project: ProjectRecord, target: bytes
    ) -> None:
        api = self._decider.keyring.api_of_slug(decided.question.slug or "")
        fields = decision_fields(exchange, decided)
        try:
            upstream = self._pool.resolve(None if api is None else api.upstreams[project.environment])
        except NoUpstream:
            problem = Problem(
                "upstream_unreachable", f"This API has no upstream for its {project.environment} environment."
            )
            exchange.reply_problem(
                problem, usage_event(exchange.request_id, exchange.at_ms, decided, problem.status), fields
            )
            return
        peer = exchange.connection.peer
        forwarding = Forwarding(
            exchange.method, upstream.base_path + target, upstream.host, peer, self._trust.trusts(peer),
            _owner_fields(exchange, record, project), self._decider.brand, api is not None and api.pass_key,
        )  # fmt: skip
        call = exchange.sink
        if isinstance(call, GatewayCall):
            call.begin(Parting(decided, fields, upstream.origin, forwarding))


def _split(target: bytes) -> tuple[str, str | None, bytes]:
    """Slug, path without query, and path with query, of a target behind the prefix."""
    slug, slash, rest = target[len(PREFIX) :].partition(b"/")
    behind = slash + rest
    return slug.decode("latin-1"), behind.partition(b"?")[0].decode("latin-1") or None, behind


def _check_upgrade(exchange: Exchange) -> None:
    protocols = exchange.fields.get(b"upgrade", b"h2c").lower()
    if protocols != b"h2c":
        # h2c is an offer that may be passed over (RFC 9110, section 7.8); anything else is what the client is there for.
        exchange.keep_alive = False
        raise Problem("not_implemented", "The gateway upgrades no connection; reach WebSockets of the API without it.")


def _owner_fields(exchange: Exchange, record: SecretRecord, project: ProjectRecord) -> bytes:
    fields = owner_fields(project.id, record.key_id, project.environment)
    return f"{fields}X-Freehold-Request-Id: {exchange.request_id}\r\n".encode("ascii")


def _deny(exchange: Exchange, decided: Decided) -> None:
    reason = decided.decision.reason
    if reason is None:
        raise ValueError("an allowed request is not denied")
    status = DENIAL_STATUS[reason]
    meaning, detail = DENIAL_WORDS[reason]
    fields = decision_fields(exchange, decided) + answers.PROBLEM_JSON
    if status == 401:
        fields += answers.CHALLENGE
    body = answers.denial_body(reason, meaning.rstrip("."), status, detail, exchange.request_id)
    exchange.reply(status, fields, body, usage_event(exchange.request_id, exchange.at_ms, decided, status))
