"""HTTP of the dry run: `POST /v1/explain`. Thin: parse, ask, present."""

from datetime import datetime
from typing import Annotated

import msgspec

from freehold.keys.records import Environment
from freehold.usage.dry_run import COST_MAX, Asked, DryRun, dry_run
from freehold.web.call import Call
from freehold.web.inputs import Body, number


class ExplainBody(Body, frozen=True):
    """A call to ask about: a key by id or text, and the endpoint by id or by method and path."""

    key: Annotated[
        str,
        msgspec.Meta(
            description="A key's id (`key_…`), or its text.",
            max_length=200,
            examples=["key_01m84nefafrfwrcrmv8qcndk0q"],
        ),
    ]
    endpoint: Annotated[str, msgspec.Meta(description="An operation id of the catalogue.", max_length=300)] | None = (
        None
    )
    method: Annotated[str, msgspec.Meta(max_length=20, examples=["GET"])] | None = None
    path: Annotated[str, msgspec.Meta(max_length=4000, examples=["/countries/DE"])] | None = None
    environment: Environment | None = None
    address: (
        Annotated[str, msgspec.Meta(description="The caller's address; left out, any is taken.", max_length=50)] | None
    ) = None
    cost: Annotated[int, number(1, "How many cost units the call has.", 0, COST_MAX)] = 1


class DryRunLimitView(msgspec.Struct, kw_only=True):
    """A limit as it would stand after the call.

    `known_at`: up to when its state is known here. Rate limits are counted by the gates: what is known of one is what
    its newest counted request left. Null where nothing is known: then it counted as whole, which it may not be.
    """

    name: str
    limit: int
    remaining: int
    reset_s: float
    known_at: datetime | None


class DryRunKeyView(msgspec.Struct, kw_only=True):
    """The key and the version of its secret that were asked about."""

    id: str
    name: str
    secret_version: int
    last4: str


class DryRunView(msgspec.Struct, kw_only=True):
    """What would be decided, by which rule, and what must change for the call to pass (`remedy`)."""

    allowed: bool
    reason: str | None
    rule: str
    rule_words: str
    meaning: str
    remedy: str
    key: DryRunKeyView | None
    project: str | None
    environment: Environment | None
    endpoint: str | None
    limits: list[DryRunLimitView]
    retry_after_s: float | None


def explain_call(call: Call, data: ExplainBody) -> DryRunView:
    """Would this call pass, and if not, what must change? Spends nothing."""
    asked = Asked(data.key, data.endpoint, data.method, data.path, data.environment, data.address, data.cost)
    with call.read() as tx:
        return dry_run_view(dry_run(tx, call.actor, call.secret, call.settings.brand, asked))


def dry_run_view(run: DryRun) -> DryRunView:
    """A dry run as the API shows it. A secret that did not fit tells nothing of its key."""
    why = run.explanation
    known = why.reason not in ("unknown_key", "malformed_key")
    record, project = (run.record, run.project) if known else (None, None)
    return DryRunView(
        allowed=why.allowed, reason=why.reason, rule=why.rule, rule_words=why.rule_words, meaning=why.meaning,
        remedy=why.remedy,
        key=DryRunKeyView(id=record.key_id, name=record.key_name, secret_version=run.secret.version, last4=run.secret.last4)
        if record and run.secret else None,
        project=project.id if project else None, environment=project.environment if project else None,
        endpoint=run.endpoint if record else None,
        limits=[
            DryRunLimitView(
                name=each.name, limit=each.limit, remaining=each.remaining, reset_s=each.reset_s,
                known_at=run.known_at.get(each.name),
            )
            for each in why.limits
        ],
        retry_after_s=why.retry_after_s,
    )  # fmt: skip
