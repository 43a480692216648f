"""All leases of one process: decides what a limited key may spend, and says what is to be asked of the gate. No I/O."""

import threading
import time
from typing import Final, NamedTuple

from freehold.keys import rules
from freehold.keys.records import Decision, Reason
from freehold.keys.rules import Ask
from freehold.keys.sharing import LeaseAnswer, LeaseQuestion, QuotaReturn
from freehold.projects.limits import Quota
from freehold.sdk.keyring import Entry
from freehold.sdk.lease import QuotaLease

_NANOSECONDS_OF_MS: Final = 1_000_000


class Short(NamedTuple):
    """What is not at hand: the gate has to be asked before this request can be decided."""

    entry: Entry
    endpoint: str
    cost: int
    wants_rates: bool
    wants: tuple[QuotaLease, ...]


class Wallet:
    """Spends leases, for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: dict[str, QuotaLease] = {}
        # Leases of other periods or limits, from which only is given back.
        self._past: list[QuotaLease] = []

    def spend(self, entry: Entry, ask: Ask, now_ns: int) -> Decision | Short:
        """Decide a request that everything else lets through, and spend its cost on every limit, or on none."""
        now = time.monotonic()
        with self._lock:
            rates = entry.rates
            if entry.has_rates and not rates.covers(ask.cost, now):
                if rates.refuses(ask.cost, now):
                    return rates.denial(now)
                return Short(entry, ask.operation_id or "", ask.cost, True, tuple(self._short(entry, ask, now_ns, now)))
            if not entry.has_quotas:
                rates.spend(ask.cost)
                return Decision(None, "all", rates.states(now))
            held = self._leases(entry, now_ns)
            allowances = [each.allowance() for each in held]
            decision, _ = rules.decide(ask, entry.quota_only, entry.quota_project, (), now_ns, allowances)
            if decision.reason is Reason.QUOTA_EXHAUSTED and (short := self._short(entry, ask, now_ns, now)):
                return Short(entry, ask.operation_id or "", ask.cost, False, tuple(short))
            if decision.reason is None:
                if entry.has_rates:
                    rates.spend(ask.cost)
                for each in held:
                    each.spend(ask.cost)
            if not entry.has_rates:
                return decision
            return Decision(decision.reason, decision.rule, rates.states(now) + decision.limits)

    def question(self, process: str, short: Short) -> LeaseQuestion:
        """What to ask the gate."""
        now = time.monotonic()
        with self._lock:
            rates = (short.cost, short.entry.rates.wish(short.cost, now)) if short.wants_rates else None
            wants = {each.owner_id: each.order(short.cost, now) for each in short.wants}
        record = short.entry.record
        key_quota, project_quota = wants.get(record.key_id), wants.get(record.project_id)
        return LeaseQuestion(process, record.selector, short.endpoint, rates, key_quota, project_quota)

    def take_in(self, short: Short, asked: LeaseQuestion, answer: LeaseAnswer, asked_at: float) -> None:
        """Keep what the gate has granted."""
        wishes = {short.entry.record.key_id: asked.key_quota, short.entry.record.project_id: asked.project_quota}
        with self._lock:
            if asked.rates is not None:
                short.entry.rates.take_in(answer, short.cost, asked.rates[1], asked_at)
            for grant in answer.quotas:
                for lease in short.wants:
                    if lease.owner_id == grant.owner_id and lease.began_ms == grant.period_at_ms:
                        lease.take_in(grant, (wishes[grant.owner_id] or (0, 0))[1], asked_at)

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
