"""What the gate knows without asking: secrets, APIs and service tokens, in memory.

Belongs to the event loop's thread. What is not here is asked for with `Missing`, fetched by the
loader, and put here, unless the world has moved on meanwhile: an entry is only ever taken in if it
was read at or after the epoch that this keyring has reached. So a change that was applied can never
be undone by a slow read of the time before it.

Bounded on both sides. Beyond its bound an entry that was taken in earliest goes first, and is read
again if it is wanted. Names that stand for nothing are remembered too (invented selectors would
otherwise cost a query each), until anything of their kind changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from freehold.apis.routing import Router
from freehold.keys.records import Environment, ProjectRecord, SecretRecord
from freehold.store.epoch import Change

PROJECTS_MAX: Final = 500_000
TOKENS_MAX: Final = 100_000
APIS_MAX: Final = 10_000
UNKNOWN_MAX: Final = 50_000

Kind = Literal["secret", "project", "token", "api", "slug", "quota"]


@dataclass(frozen=True, slots=True)
class ApiRecord:
    """An API as the gate needs it: its routes, and where each environment's traffic goes."""

    id: str
    slug: str
    router: Router
    upstreams: dict[Environment, str | None]
    # Whether known keys are still allowed when the database cannot be heard: the operator's choice.
    fail_open: bool = False
    # Whether the upstream gets the caller's key.
    pass_key: bool = False


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A service token as the gate needs it. `organization_id` None: it may ask about every project."""

    id: str
    digest: bytes
    organization_id: str | None
    may_verify: bool
    expires_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What one reading of the database found, all of the moment of `epoch`. `asked`: all that was asked for."""

    epoch: int
    asked: tuple["Missing", ...]
    secrets: tuple[SecretRecord, ...]
    projects: tuple[ProjectRecord, ...]
    tokens: tuple[TokenRecord, ...]
    apis: tuple[ApiRecord, ...]


class Missing(Exception):
    """Something that is not in memory: to be fetched, and then the request is decided anew."""

    def __init__(self, kind: Kind, name: str | bytes) -> None:
        super().__init__(kind)
        self.kind: Final = kind
        self.name: Final = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Missing) and (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))


Name = TypeVar("Name", str, bytes)
Entry = TypeVar("Entry")


class _Shelf(Generic[Name, Entry]):
    """Entries of one kind by name, bounded, with the names that stand for nothing."""

    __slots__ = ("_kind", "bound", "entries", "unknown")

    def __init__(self, kind: Kind, bound: int) -> None:
        self._kind: Kind = kind
        self.bound = bound
        self.entries: dict[Name, Entry] = {}
        self.unknown: dict[Name, None] = {}

    def get(self, name: Name) -> Entry | None:
        entry = self.entries.get(name)
        if entry is None and name not in self.unknown:
            raise Missing(self._kind, name)
        return entry

    def put(self, name: Name, entry: Entry) -> None:
        """Keep an entry; beyond the bound the earliest goes for it."""
        if name not in self.entries and len(self.entries) >= self.bound:
            del self.entries[next(iter(self.entries))]
        self.entries[name] = entry
        self.unknown.pop(name, None)

    def note_unknown(self, name: Name) -> None:
        """Remember that a name stands for nothing, unless it stands for something."""
        if name in self.entries:
            return
        if len(self.unknown) >= UNKNOWN_MAX:
            self.unknown.pop(next(iter(self.unknown)))
        self.unknown[name] = None


class Keyring:
    """All that one worker decides by."""

    def __init__(self, secrets_max: int) -> None:
        # -1: nothing was heard yet.
        self.epoch = -1
        # Grows with whatever may make an entry another one: what was worked out from entries is good for one value.
        self.generation = 0
        # The loop's clock at the start of the last poll that reached the database.
        self.heard_at = float("-inf")
        self._secrets: _Shelf[str, SecretRecord] = _Shelf("secret", secrets_max)
        self._projects: _Shelf[str, ProjectRecord] = _Shelf("project", PROJECTS_MAX)
        self._tokens: _Shelf[bytes, TokenRecord] = _Shelf("token", TOKENS_MAX)
        self._apis: _Shelf[str, ApiRecord] = _Shelf("api", APIS_MAX)
        self._slugs: _Shelf[str, str] = _Shelf("slug", APIS_MAX)
        # While it is being filled: what was forgotten since, and so must not come back. None: nobody fills it.
        self._forgotten: set[str] | None = None

    def sizes(self) -> dict[str, int]:
        """How many entries of each kind are in memory, and how many names that stand for nothing."""
        secrets, projects, tokens, apis = self._secrets, self._projects, self._tokens, self._apis
        unknown = len(secrets.unknown) + len(projects.unknown) + len(tokens.unknown) + len(apis.unknown)
        return {
            "secret": len(secrets.entries), "project": len(projects.entries), "token": len(tokens.entries),
            "api": len(apis.entries), "unknown": unknown + len(self._slugs.unknown),
        }  # fmt: skip

    def secret(self, selector: str) -> SecretRecord | None:
        """The secret of a selector, or None where there is none; Missing where that is not known."""
        found = self._secrets.entries.get(selector)
        return self._secrets.get(selector) if found is None else found

    def project(self, project_id: str) -> ProjectRecord | None:
        """A project by id, or None; Missing where that is not known."""
        found = self._projects.entries.get(project_id)
        return self._projects.get(project_id) if found is None else found

    def token(self, digest: bytes) -> TokenRecord | None:
        """The service token of a digest, or None; Missing where that is not known."""
        found = self._tokens.entries.get(digest)
        return self._tokens.get(digest) if found is None else found

    def api(self, api_id: str) -> ApiRecord | None:
        """An API by id, or None; Missing where that is not known."""
        found = self._apis.entries.get(api_id)
        return self._apis.get(api_id) if found is None else found

    def api_of_slug(self, slug: str) -> ApiRecord | None:
        """An API by slug, or None; Missing where that is not known."""
        api_id = self._slugs.get(slug)
        return None if api_id is None else self._apis.get(api_id)

    def take_in(self, found: Found) -> bool:
        """Keep what was read; False, and nothing kept, where it is older than what has been applied."""
        if found.epoch < self.epoch:
            return False
        for secret in found.secrets:
            self._secrets.put(secret.selector, secret)
        for project in found.projects:
            self._projects.put(project.id, project)
        for token in found.tokens:
            self._tokens.put(token.digest, token)
        for api in found.apis:
            self._apis.put(api.id, api)
            self._slugs.put(api.slug, api.id)
        for missing in found.asked:
            self._note_unknown(missing)
        return True

    def begin_filling(self) -> None:
        """From now on `fill` may bring what is read of one moment that is not before this one."""
        self._forgotten = set()

    def fill(self, secrets: Iterable[SecretRecord]) -> bool:
        """Keep secrets that nobody asked for yet, all read of one moment; False where no more are wanted.

        What was forgotten since that moment may have changed, and is left to be asked for.
        """
        entries, forgotten = self._secrets.entries, self._forgotten
        if forgotten is None:
            return False
        room = self._secrets.bound - len(entries)
        for secret in secrets:
            if room <= 0:
                return False
            if secret.selector not in entries and secret.selector not in forgotten:
                entries[secret.selector] = secret
                room -= 1
        return True

    def end_filling(self) -> int:
        """How many secrets there are now that it is over."""
        self._forgotten = None
        return len(self._secrets.entries)

    def apply(self, changes: Iterable[Change], selectors: Iterable[str], epoch: int) -> None:
        """Forget what changed; from now on nothing older than `epoch` is taken in.

        `selectors`: all that the changed keys ever had. They are read beside the changes, so that no
        index from keys to selectors has to be held for a million keys.
        """
        for selector in selectors:
            self._secrets.entries.pop(selector, None)
            if self._forgotten is not None:
                self._forgotten.add(selector)
        for change in changes:
            self._forget(change)
        self.epoch = epoch
        self.generation += 1

    def forget_all(self, epoch: int) -> None:
        """Start anew: the database is not the one that was read before (a backup was put back)."""
        for shelf in (self._secrets, self._projects, self._tokens, self._apis, self._slugs):
            shelf.entries.clear()
            shelf.unknown.clear()
        # What is being filled in is of the other database.
        self._forgotten = None
        self.epoch = epoch
        self.generation += 1

    def _note_unknown(self, missing: Missing) -> None:
        match missing.name:
            case bytes() as digest:
                self._tokens.note_unknown(digest)
            case selector if missing.kind == "secret":
                self._secrets.note_unknown(selector)
            case project_id if missing.kind == "project":
                self._projects.note_unknown(project_id)
            case api_id if missing.kind == "api":
                self._apis.note_unknown(api_id)
            case slug:
                self._slugs.note_unknown(slug)

    def _forget(self, change: Change) -> None:
        match change.subject_kind:
            case "key":
                # Its selectors were named; here is only what a new key makes known.
                self._secrets.unknown.clear()
            case "project":
                self._projects.entries.pop(change.subject_id, None)
                self._projects.unknown.clear()
            case "token":
                for digest in [each.digest for each in self._tokens.entries.values() if each.id == change.subject_id]:
                    del self._tokens.entries[digest]
                self._tokens.unknown.clear()
            case "api":
                api = self._apis.entries.pop(change.subject_id, None)
                if api is not None:
                    self._slugs.entries.pop(api.slug, None)
                self._apis.unknown.clear()
                self._slugs.unknown.clear()
