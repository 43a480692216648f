"""What one process knows of keys without asking: records from the gate, under digests of its own.

A key's text is kept nowhere. It is known by a keyed digest whose key is random and this process's
alone, so what lies in memory here opens nothing elsewhere and compares with nothing of the instance.

The rule is the gate's: an entry is only taken in if it was read at or after the epoch that has been
reached here. So what was applied can never be undone by a slow answer of the time before it.
"""

import hashlib
import os
import threading
from collections.abc import Iterable
from typing import Final

import msgspec

from freehold.apis.routing import Router
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.keys.sharing import ChangesAnswer, KeyAnswer, SharedApi, record_of
from freehold.sdk.lease import RateLease

ENTRIES_MAX: Final = 500_000
UNKNOWN_MAX: Final = 50_000


class Api:
    """An API's catalogue, compiled."""

    __slots__ = ("fail_open", "id", "match", "slug")

    def __init__(self, shared: SharedApi) -> None:
        self.id = shared.id
        self.slug = shared.slug
        self.fail_open = shared.fail_open
        self.match = Router(shared.routes).match


class Entry:
    """A key as this process decides by it. `bare`, `bare_project`: without limits; `quota_only`: without rate limits."""

    __slots__ = (
        "api", "bare", "bare_project", "fields", "has_limits", "has_quotas", "owners", "project_meters", "quota_only", "quota_project", "rates", "record",
    )  # fmt: skip

    def __init__(self, record: SecretRecord, project: ProjectRecord, api: Api) -> None:
        self.record = record
        self.api = api
        self.quota_only = msgspec.structs.replace(record, meters=())
        self.quota_project = msgspec.structs.replace(project, meters=())
        self.bare = msgspec.structs.replace(self.quota_only, quota=None)
        self.bare_project = msgspec.structs.replace(self.quota_project, quota=None)
        self.project_meters = project.meters
        self.has_quotas = bool(record.quota or project.quota)
        self.has_limits = bool(self.has_quotas or record.meters or project.meters)
        self.rates = RateLease()
        # As a usage event has them: project, organization, environment, key, secret, API.
        self.owners = (
            project.id, project.organization_id, project.environment, record.key_id, record.selector, project.api_id,
        )  # fmt: skip
        # Whose request it is: the same fields on every answer to this key.
        self.fields = [
            (b"x-freehold-project", project.id.encode()),
            (b"x-freehold-key", record.key_id.encode()),
            (b"x-freehold-environment", project.environment.encode()),
        ]


class Keyring:
    """All that one process decides by. Read by any thread, changed under its lock."""

    def __init__(self) -> None:
        self._keyed = hashlib.blake2s(key=os.urandom(32), digest_size=32)
        self._lock = threading.Lock()
        # -1: nothing was heard yet.
        self.epoch = -1
        self.entries: dict[bytes, Entry] = {}
        # Texts that open nothing, until anything of their kind changes.
        self.unknown: dict[bytes, None] = {}
        self._apis: dict[str, Api] = {}
        self._of_key: dict[str, set[bytes]] = {}
        self._of_project: dict[str, set[bytes]] = {}

    def digest(self, key: bytes) -> bytes:
        """What a key's text is known by here."""
        keyed = self._keyed.copy()
        keyed.update(key)
        return keyed.digest()

    def known_apis(self) -> list[str]:
        """The APIs whose catalogue is here."""
        with self._lock:
            return list(self._apis)

    def take_in(self, digest: bytes, answer: KeyAnswer) -> bool:
        """Keep what the gate said of a key; False, and nothing kept, where it has to be asked again."""
        with self._lock:
            if answer.epoch < self.epoch:
                return False
            if answer.key is None:
                if len(self.unknown) >= UNKNOWN_MAX:
                    del self.unknown[next(iter(self.unknown))]
                self.unknown[digest] = None
                return True
            project = answer.key.project
            if answer.api is not None:
                self._apis[project.api_id] = Api(answer.api)
            api = self._apis.get(project.api_id)
            if api is None:
                return False
            if len(self.entries) >= ENTRIES_MAX:
                self._drop(next(iter(self.entries)))
            entry = self.entries[digest] = Entry(record_of(answer.key, digest), project, api)
            self._of_key.setdefault(entry.record.key_id, set()).add(digest)
            self._of_project.setdefault(project.id, set()).add(digest)
            return True

    def apply(self, answer: ChangesAnswer) -> None:
        """Forget what changed; from now on nothing older than its epoch is taken in."""
        with self._lock:
            if answer.start_anew:
                self.entries.clear()
                self.unknown.clear()
                self._apis.clear()
                self._of_key.clear()
                self._of_project.clear()
            for change in answer.changes:
                if change.kind == "key":
                    self._drop_all(self._of_key.get(change.id, ()))
                    self.unknown.clear()
                elif change.kind == "project":
                    self._drop_all(self._of_project.get(change.id, ()))
                elif change.kind == "api" and self._apis.pop(change.id, None) is not None:
                    self._drop_all(digest for digest, each in self.entries.items() if each.api.id == change.id)
            self.epoch = answer.epoch

    def forget(self, entry: Entry) -> None:
        """Forget one entry: the gate says that it does not stand as we know it."""
        with self._lock:
            if self.entries.get(entry.record.digest) is entry:
                self._drop(entry.record.digest)

    def _drop_all(self, digests: Iterable[bytes]) -> None:
        for digest in list(digests):
            self._drop(digest)

    def _drop(self, digest: bytes) -> None:
        entry = self.entries.pop(digest)
        for index, name in ((self._of_key, entry.record.key_id), (self._of_project, entry.bare_project.id)):
            digests = index[name]
            digests.discard(digest)
            if not digests:
                del index[name]
