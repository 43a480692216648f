"""`POST /v1/sdk/leases` and `/v1/sdk/returns`: an SDK process takes units of limits to spend by itself.

Of rate limits it gets units from this worker's own limiter, as if it were one dear request. Spending
them later than they were granted can let more pass in a window than the limit says: by as many as the
lease holds, or by what the limit regains in the lease's life, whichever is less. So a lease is either
small (a four-hundredth of the limit) and may live, or short (a hundredth of the window). Of quotas it gets
leases of its own from the store, under its own name: they are returned by it, or settled by its
journal when it is gone, exactly as a gate worker's are.
"""

from typing import Final, Literal

import msgspec

from freehold.gate.keyring import TokenRecord
from freehold.gate.limiter import Limiter
from freehold.gate.sdk_verifiers import claim, owner_of
from freehold.keys import quota_leases
from freehold.keys.quota_leases import Order
from freehold.keys.records import ProjectRecord, Reason, SecretRecord
from freehold.keys.rules import Ask
from freehold.keys.sharing import LeaseAnswer, LeaseQuestion, QuotaGrant, RateGrant, ReturnQuestion
from freehold.kit import clock
from freehold.projects.limits import Quota, period_of
from freehold.store.engine import Store

_SMALL_SHARE: Final = 400
_SMALL_LIFE_S: Final = 10.0
_SMALL_UNITS: Final = 1000
_SHORT_SHARE: Final = 100
_SHORT_LIFE_S: Final = 0.25
UNKNOWN: Final = LeaseAnswer(known=False, rates=[], quotas=[])
# An owner's order, and when its period ends.
_Wanted = tuple[Order, int]


def take_rates(limiter: Limiter, record: SecretRecord, project: ProjectRecord, asked: LeaseQuestion) -> LeaseAnswer:
    """Spend units of the rate limits, the key's and the project's each by themselves."""
    bare = msgspec.structs.replace(record, quota=None, allowed_networks=())
    unlimited = msgspec.structs.replace(bare, meters=())
    bare_project = msgspec.structs.replace(project, quota=None)
    unlimited_project = msgspec.structs.replace(bare_project, meters=())
    owners: tuple[tuple[Literal["key", "project"], SecretRecord, ProjectRecord, tuple[int, int] | None], ...] = (
        ("key", bare, unlimited_project, asked.key_rates),
        ("project", unlimited, bare_project, asked.project_rates),
    )
    grants: list[RateGrant] = []
    for owner, of_key, of_project, wanted in owners:
        if wanted and (of_key.meters or of_project.meters) and all(grant.units for grant in grants):
            grant = _take_rates(limiter, owner, of_key, of_project, wanted, asked.endpoint)
            if grant is None:
                return UNKNOWN
            grants.append(grant)
    return LeaseAnswer(known=True, rates=grants, quotas=[])


def _take_rates(
    limiter: Limiter,
    owner: Literal["key", "project"],
    record: SecretRecord,
    project: ProjectRecord,
    wanted: tuple[int, int],
    endpoint: str,
) -> RateGrant | None:
    """As many units as wished, or else as many as needed, or else none; None where it is no limit that refuses."""
    need, wish = wanted
    meters = record.meters + project.meters
    small = min(meter.limit for meter in meters) // _SMALL_SHARE
    if small >= need:
        # Too few to matter to the limit, so more than is wished for: it saves calls.
        wish, life_s = min(max(wish, _SMALL_UNITS * need), small), _SMALL_LIFE_S
    else:
        life_s = min(_SHORT_LIFE_S, min(meter.window_s for meter in meters) / _SHORT_SHARE)
    ask = Ask(record.digest, None, project.api_id, endpoint, None, max(need, wish))
    decision = limiter.decide(ask, record, project, clock.now_ns())
    if decision.reason is Reason.RATE_LIMITED and wish > need:
        ask = Ask(record.digest, None, project.api_id, endpoint, None, need)
        decision = limiter.decide(ask, record, project, clock.now_ns())
    if decision.reason not in (None, Reason.RATE_LIMITED):
        return None
    return RateGrant(owner, ask.cost if decision.reason is None else 0, life_s, decision.limits)


def take_quotas(
    store: Store, token: TokenRecord, asked: LeaseQuestion, record: SecretRecord, project: ProjectRecord
) -> list[QuotaGrant]:
    """Take units of the quotas from the store, for the present period. For a thread."""
    wanted = list(_wanted(asked, record, project))
    with store.read() as tx:
        used = [quota_leases.used_of(tx, order) for order, _ in wanted]
    grants = []
    with store.write() as tx:
        now = clock.now()
        claim(tx, asked.process, owner_of(token), now)
        for (order, ends_at_ms), already in zip(wanted, used, strict=True):
            lease = quota_leases.carry_out(tx, asked.process, order, already, now)
            began_ms = clock.to_ms(order.period_at)
            grants.append(QuotaGrant(order.owner_id, began_ms, ends_at_ms, lease.added, lease.ungranted))
    return grants


def give_back(store: Store, token: TokenRecord, asked: ReturnQuestion) -> None:
    """Take units of quotas back. For a thread."""
    with store.write() as tx:
        now = clock.now()
        claim(tx, asked.process, owner_of(token), now)
        for each in sorted(asked.returns, key=lambda each: (each.owner_id, each.period_at_ms)):
            at = clock.from_ms(each.period_at_ms)
            # Only the lease's own name and units are looked at where nothing is ordered.
            order = Order(each.owner_id, "", "hour", at, 0, give_back=each.units)
            quota_leases.carry_out(tx, asked.process, order, 0, now)


def _wanted(asked: LeaseQuestion, record: SecretRecord, project: ProjectRecord) -> list[_Wanted]:
    owners: tuple[tuple[str, Quota | None, tuple[int, int] | None], ...] = (
        (record.key_id, record.quota, asked.key_quota),
        (project.id, project.quota, asked.project_quota),
    )
    found = []
    for owner_id, quota, units in sorted(owners, key=lambda each: each[0]):
        if quota is not None and units is not None:
            began_at, ends_at = period_of(quota.period, clock.now())
            need, wish = units
            order = Order(owner_id, project.id, quota.period, began_at, quota.limit, need=need, wish=wish)
            found.append((order, clock.to_ms(ends_at)))
    return found
