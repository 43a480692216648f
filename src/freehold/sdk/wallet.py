"""All leases of one process: decides what a limited key may spend, and says what is to be asked of the gate. No I/O."""

import threading
import time
from typing import Final, NamedTuple

from freehold.keys import rules
from freehold.keys.records import Decision, LimitState, Meter, Reason
from freehold.keys.rules import Ask
from freehold.keys.sharing import LeaseAnswer, LeaseQuestion, QuotaReturn
from freehold.projects.limits import Quota
from freehold.sdk.keyring import Entry
from freehold.sdk.lease import QuotaLease, RateLease

_NANOSECONDS_OF_MS: Final = 1_000_000
_PASSES: Final = Decision(None, "all")


class Short(NamedTuple):
    """What is not at hand: the gate has to be asked before this request can be decided."""

    entry: Entry
    endpoint: str
    cost: int
    rates: tuple[RateLease, ...]
    quotas: tuple[QuotaLease, ...]


class Wallet:
    """Spends leases, for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By project: the rate limits that it is a lease of, and the lease, which all its keys spend.
        self._of_projects: dict[str, tuple[tuple[Meter, ...], RateLease]] = {}
        self._current: dict[str, QuotaLease] = {}
        # Leases of other periods or limits, from which only is given back.
        self._past: list[QuotaLease] = []

    def spend(self, entry: Entry, ask: Ask, now_ns: int) -> Decision | Short:
        """Decide a request that everything else lets through, and spend its cost on every limit, or on none."""
        now = time.monotonic()
        with self._lock:
            rates = self._rates(entry)
            lacking = [each for each in rates if not each.covers(ask.cost, now)]
            for each in lacking:
                if each.refuses(ask.cost, now):
                    owner = "key" if each is entry.rates else "project"
                    return Decision(Reason.RATE_LIMITED, f"{owner}.rate_limits", _states(rates, now))
            if lacking:
                quotas = tuple(self._short(entry, ask, now_ns, now))
                return Short(entry, ask.operation_id or "", ask.cost, tuple(lacking), quotas)
            decision: Decision = _PASSES
            held: list[QuotaLease] = []
            if entry.has_quotas:
                held = self._leases(entry, now_ns)
                allowances = [each.allowance() for each in held]
                decision, _ = rules.decide(ask, entry.quota_only, entry.quota_project, (), now_ns, allowances)
                if decision.reason is Reason.QUOTA_EXHAUSTED and (short := self._short(entry, ask, now_ns, now)):
                    return Short(entry, ask.operation_id or "", ask.cost, (), tuple(short))
            if decision.reason is None:
                for rate in rates:
                    rate.spend(ask.cost)
                for quota in held:
                    quota.spend(ask.cost)
            return Decision(decision.reason, decision.rule, _states(rates, now) + decision.limits)

    def question(self, process: str, short: Short) -> LeaseQuestion:
        """What to ask the gate."""
        now = time.monotonic()
        record, of_key = short.entry.record, short.entry.rates
        with self._lock:
            wishes = {each is of_key: (short.cost, each.wish(short.cost, now)) for each in short.rates}
            orders = {each.owner_id: each.order(short.cost, now) for each in short.quotas}
        return LeaseQuestion(
            process, record.selector, short.endpoint, wishes.get(True), wishes.get(False), orders.get(record.key_id),
            orders.get(record.project_id),
        )  # fmt: skip

    def take_in(self, short: Short, asked: LeaseQuestion, answer: LeaseAnswer, asked_at: float) -> None:
        """Keep what the gate has granted."""
        orders = {short.entry.record.key_id: asked.key_quota, short.entry.record.project_id: asked.project_quota}
        wishes = {"key": asked.key_rates, "project": asked.project_rates}
        with self._lock:
            for grant in answer.rates:
                for rates in short.rates:
                    if (rates is short.entry.rates) == (grant.owner == "key"):
                        rates.take_in(grant, short.cost, (wishes[grant.owner] or (0, 0))[1], asked_at)
            for quota in answer.quotas:
                for lease in short.quotas:
                    if lease.owner_id == quota.owner_id and lease.began_ms == quota.period_at_ms:
                        lease.take_in(quota, (orders[quota.owner_id] or (0, 0))[1], asked_at)

    def idle(self, *, everything: bool = False) -> list[QuotaReturn]:
        """What is to be given back now; with `everything`, all that is held."""
        now = time.monotonic()
        with self._lock:
            held = [*self._current.values(), *self._past]
            if everything:
                self._current.clear()
            returns = [each.release(each.left) for each in (held if everything else self._past) if each.left]
            self._past.clear()
            if not everything:
                returns += [back for each in self._current.values() if (back := each.idle(now))]
        return returns

    def _rates(self, entry: Entry) -> list[RateLease]:
        """The leases of the rate limits that there are, the key's first."""
        rates = [entry.rates] if entry.record.meters else []
        if entry.project_meters:
            meters, lease = self._of_projects.get(entry.record.project_id, ((), entry.rates))
            if meters != entry.project_meters:
                lease = RateLease()
                self._of_projects[entry.record.project_id] = (entry.project_meters, lease)
            rates.append(lease)
        return rates

    def _short(self, entry: Entry, ask: Ask, now_ns: int, now: float) -> list[QuotaLease]:
        """The leases that do not cover a cost, where the gate is worth asking; none where it has just said no."""
        short = [each for each in self._leases(entry, now_ns) if each.left < ask.cost]
        return short if all(each.may_ask(now) for each in short) else []

    def _leases(self, entry: Entry, now_ns: int) -> list[QuotaLease]:
        """The leases of the quotas that there are, the key's first."""
        record = entry.record
        owners = ((record.key_id, record.quota), (record.project_id, entry.quota_project.quota))
        return [self._lease(owner_id, quota, now_ns // _NANOSECONDS_OF_MS) for owner_id, quota in owners if quota]

    def _lease(self, owner_id: str, quota: Quota, now_ms: int) -> QuotaLease:
        lease = self._current.get(owner_id)
        if lease is None or not lease.serves(quota, now_ms):
            if lease is not None:
                self._past.append(lease)
            lease = self._current[owner_id] = QuotaLease(owner_id, quota, now_ms)
        return lease


def _states(rates: list[RateLease], now: float) -> tuple[LimitState, ...]:
    return tuple([state for each in rates for state in each.states(now)])
