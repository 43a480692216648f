"""The guard: decides requests inside an application's own process.

`Guard` is what an application makes, once, and gives to the middleware. What decides is a `Process`: one
for each operating system process, begun with its first request (so after a server has forked its
workers), with a keyring, a wallet of leases, a journal and the threads that keep them.

Always holds: what is decided is decided by `keys/rules`, by facts that were confirmed within the
staleness bound; what was decided is in the journal before its answer leaves.
"""

import atexit
import logging
import os
import threading
import time
import weakref
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from freehold.gate.addresses import parse_address
from freehold.gate.request_ids import RequestIds
from freehold.keys import credential, rules
from freehold.keys.records import Decision, Environment, Reason
from freehold.keys.rules import Ask
from freehold.keys.sharing import ReturnQuestion
from freehold.kit import clock, ids
from freehold.sdk.admission import Admission, Call
from freehold.sdk.fetches import Fetches, Wanting
from freehold.sdk.following import Follower
from freehold.sdk.gate_link import GateAway, GateLink, GateRefuses
from freehold.sdk.journal import MappedJournal
from freehold.sdk.keyring import Entry, Keyring
from freehold.sdk.shipping import Shipper, ShippingThread
from freehold.sdk.wallet import Short, Wallet

_log: Final = logging.getLogger("freehold.sdk")
_monotonic = time.monotonic
_decide = rules.decide
_CALL_S: Final = 2.0
# How long a starting process may wait for its first word from the gate.
_FIRST_HEARD_S: Final = 5.0
_AGAIN_S: Final = 0.01
_NOT_RECORDABLE: Final = Decision(Reason.UNAVAILABLE, "gate.journal")
_FAIL_OPEN: Final = Decision(None, "gate.fail_open")
# No API: what stands in the place of an endpoint where the key is for another API than this application's.
_ELSEWHERE: Final = ""


class Guard:
    """Decides for one application. Nothing begins before its first request.

    `gate`: the gate's base URL. `token`: a service token with the role verifier. `folder`: where usage
    waits until it is shipped; of this application alone, on a disk that outlives the process, and shared
    by its processes. `environment`: the one that this application serves; None: each key's own. `api`:
    the slug of the API that it is; None: each project's own. `staleness_s`: less than the instance's bound.
    """

    def __init__(
        self,
        gate: str,
        token: str,
        folder: Path | str,
        *,
        environment: Environment | None = None,
        api: str | None = None,
        staleness_s: float | None = None,
    ) -> None:
        if not token.startswith("fho_"):
            raise ValueError("the guard needs an organization's service token: fho_…")
        self._gate = gate
        self._token = token
        self._folder = Path(folder)
        self._environment = environment
        self._api = api
        self._staleness_s = staleness_s
        self._lock = threading.Lock()
        # What decides in this operating system process, once it has begun.
        self.process: Process | None = None
        _call_in_children(self)

    def __repr__(self) -> str:
        return f"Guard({self._gate!r}, folder={str(self._folder)!r})"

    def begin(self) -> "Process":
        """Begin to follow the gate; OSError where the folder cannot be written."""
        with self._lock:
            if self.process is None:
                link = GateLink(self._gate, self._token, _CALL_S)
                self.process = Process(link, self._folder, self._environment, self._api, self._staleness_s)
                self.process.start()
                atexit.register(self.close)
            return self.process

    def close(self) -> None:
        """Ship what is there, give back what is held and end; what cannot be shipped now waits in the folder."""
        with self._lock:
            process, self.process = self.process, None
        atexit.unregister(self.close)
        if process is not None:
            process.stop()

    def forked(self) -> None:
        """A child has begun: what was the parent's stays the parent's."""
        self._lock = threading.Lock()
        process, self.process = self.process, None
        if process is not None:
            process.abandon()


def _call_in_children(guard: Guard) -> None:
    known = weakref.ref(guard)

    def forked() -> None:
        alive = known()
        if alive is not None:
            alive.forked()

    os.register_at_fork(after_in_child=forked)


class Process:
    """Decides in one operating system process, for any of its threads."""

    def __init__(
        self, link: GateLink, folder: Path, environment: Environment | None, api: str | None, staleness_s: float | None
    ) -> None:
        self.id: Final = ids.new_id("sdk")
        self._link = link
        self._environment = environment
        self._slug = api
        self._keyring = Keyring()
        self._digest = self._keyring.digest
        self._entries = self._keyring.entries
        self._wallet = Wallet()
        self._fetches = Fetches()
        self._new_request_id = RequestIds().new
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = MappedJournal(folder / self.id)
        self._follower = Follower(link, self._keyring, self.id, staleness_s)
        self._shipper = Shipper(link, self._journal)
        self._shipping = ShippingThread(self._shipper, self._journal, self._give_back_idle)
        self._begun_at = _monotonic()
        # Whether the last write failed: then nothing is begun that cannot be taken back.
        self._failing = False

    def start(self) -> None:
        """Begin to hear the gate and to ship."""
        self._follower.start()
        self._shipping.start()

    def stop(self) -> None:
        """End: ship what is there, give back what is held."""
        self._fetches.close()
        self._shipping.stop()
        self._journal.close()
        self._follower.tell_to_stop()
        try:
            # The gate lets go of the follower's last question then.
            self._link.returns(ReturnQuestion(self.id, self._wallet.idle(everything=True), leaving=True))
            self._shipper.finish()
        except (GateAway, GateRefuses, OSError) as error:
            _log.warning("Usage waits in %s for the next process: %s", self._journal.folder, error)
        self._follower.join()
        self._link.close()

    def abandon(self) -> None:
        """Let go of what a fork has copied: threads, connections and the journal are the parent's."""
        self._journal.abandon()

    @property
    def patience_s(self) -> float:
        """How long a request may wait for the gate: beyond it nobody could promise anything anyway."""
        return self._follower.staleness_s

    def decide(self, key: bytes | None, call: Call) -> Admission:
        """Decide one request; Wanting where the gate has to be asked first. `key`: as it was presented, if it was."""
        begun_at, now_ns = _monotonic(), clock.now_ns()
        if begun_at - self._follower.heard_at > self._follower.staleness_s:
            return self._decide_unheard(key, call, begun_at, now_ns)
        if self._failing:
            return self._admission(_NOT_RECORDABLE, None, None, call, begun_at, now_ns)
        if key is None:
            return self._admission(rules.MALFORMED, None, None, call, begun_at, now_ns)
        digest = self._digest(key)
        entry = self._entries.get(digest)
        if entry is None:
            return self._admission(self._unknown(key, digest), None, None, call, begun_at, now_ns)
        ask = self._ask(entry, digest, call)
        decision, _ = _decide(ask, entry.bare, entry.bare_project, (), now_ns)
        if entry.has_limits and decision.reason is None:
            spent = self._wallet.spend(entry, ask, now_ns)
            if isinstance(spent, Short):
                raise Wanting(("leases", digest), lambda: self._fetch_leases(spent))
            decision = spent
        return self._admission(decision, entry, ask.operation_id or None, call, begun_at, now_ns)

    def unavailable(self, call: Call) -> Admission:
        """The decision where the gate could not be asked in time."""
        return self._admission(rules.UNAVAILABLE, None, None, call, _monotonic(), clock.now_ns())

    def record(self, admission: Admission, status: int | None) -> bool:
        """Write a decision down, with the status that the answer is about to begin with; whether that could be done."""
        latency_us = int((_monotonic() - admission.begun_at) * 1_000_000)
        try:
            self._journal.write(admission.event(status, latency_us))
        except OSError as error:
            if not self._failing:
                _log.error("Usage cannot be written down, so requests are answered 503: %s", error)
            self._failing = True
            return False
        self._failing = False
        return True

    def fetches(self, wanting: Wanting) -> Future[bool]:
        """Ask the gate; the result says whether to decide anew."""
        return self._fetches.begin(wanting)

    # --- deciding ---

    def _admission(
        self, decision: Decision, entry: Entry | None, endpoint: str | None, call: Call, begun_at: float, now_ns: int
    ) -> Admission:
        at_ms = now_ns // 1_000_000
        request_id = self._new_request_id(at_ms)
        return Admission(request_id, at_ms, begun_at, decision, entry, endpoint, call, self._keyring.epoch)

    def _ask(self, entry: Entry, digest: bytes, call: Call) -> Ask:
        """What is asked of a key by a request."""
        method, path, address, _, cost = call
        api, networks = entry.api, entry.record.allowed_networks
        own = self._slug is None or self._slug == api.slug
        return Ask(
            digest,
            self._environment,
            api.id if own else None,
            api.match(method, path) if own else _ELSEWHERE,
            parse_address(address) if networks and address else None,
            cost,
        )

    def _unknown(self, key: bytes, digest: bytes) -> Decision:
        """The decision on a text that no entry is known by; Wanting where it may stand for a key."""
        if digest in self._keyring.unknown:
            return rules.UNKNOWN
        text = key.decode("latin-1")
        if credential.parse(text, self._follower.brand) is None:
            return rules.MALFORMED
        raise Wanting(("key", digest), lambda: self._fetch_key(text, digest))

    def _decide_unheard(self, key: bytes | None, call: Call, begun_at: float, now_ns: int) -> Admission:
        """Decide though the gate was not heard within the bound: only where the operator chose so, and what is known."""
        if not self._follower.first_heard.is_set() and begun_at - self._begun_at < _FIRST_HEARD_S:
            raise Wanting("hearing", self._wait_until_heard)
        digest = None if key is None else self._digest(key)
        entry = None if digest is None else self._entries.get(digest)
        if digest is None or entry is None or not entry.api.fail_open:
            return self._admission(rules.UNAVAILABLE, None, None, call, begun_at, now_ns)
        ask = self._ask(entry, digest, call)
        decision, _ = _decide(ask, entry.bare, entry.bare_project, (), now_ns)
        if decision.reason is None:
            # Nobody can say what is left of a quota, and a quota is never overshot.
            decision = rules.UNAVAILABLE if entry.has_quotas else _FAIL_OPEN
        return self._admission(decision, entry, ask.operation_id or None, call, begun_at, now_ns)

    # --- asking the gate, in the threads of `Fetches` ---

    def _wait_until_heard(self) -> bool:
        return self._follower.first_heard.wait(_FIRST_HEARD_S)

    def _fetch_key(self, key: str, digest: bytes) -> bool:
        until = _monotonic() + self.patience_s
        while not self._keyring.take_in(digest, self._link.key(key, self._keyring.known_apis())):
            if _monotonic() > until:
                return False
            # The gate's answer was of a moment before the one that is applied here.
            time.sleep(_AGAIN_S)
        return True

    def _fetch_leases(self, short: Short) -> bool:
        asked_at, asked = _monotonic(), self._wallet.question(self.id, short)
        answer = self._link.leases(asked)
        if answer.known:
            self._wallet.take_in(short, asked, answer, asked_at)
        else:
            self._keyring.forget(short.entry)
        return True

    def _give_back_idle(self) -> None:
        returns = self._wallet.idle()
        if returns:
            self._link.returns(ReturnQuestion(self.id, returns))
