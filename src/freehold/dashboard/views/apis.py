"""The operator's APIs: the list, registering one, one API with its catalogue and import."""

from dataclasses import dataclass, field
from datetime import datetime

from freehold.dashboard.views.form import Choice, Form


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRow:
    """One API in the list."""

    id: str
    name: str
    slug: str
    endpoints: int
    event_types: int
    projects: int
    upstream_sandbox: str
    upstream_production: str
    imported_at: datetime | None
    bundled: bool = False
    fail_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApisView:
    """The APIs (`apis/list.html.j2`)."""

    rows: tuple[ApiRow, ...]
    edit_blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiView:
    """Registering an API (`apis/new.html.j2`). Fields: `name`, `slug`, `upstream_sandbox`, `upstream_production`."""

    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEndpoint:
    """One endpoint of the catalogue, and how many projects declare it."""

    operation_id: str
    method: str
    path: str
    summary: str
    projects: int
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEventType:
    """One event type of the catalogue, and how many projects declare it.

    `schema` and `example` are the payload's JSON Schema and a made-up payload, as text to read; empty where
    the document has none.
    """

    name: str
    summary: str
    projects: int
    schema: str = ""
    example: str = ""
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import changed, by name, the projects that it touches, and what the operator should look at."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    projects: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFault:
    """One thing that is wrong with a document: where, as a dotted path (empty: the whole), and what."""

    place: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiView:
    """One API (`apis/one.html.j2`).

    Edit form: `name`, `upstream_sandbox`, `upstream_production`, `revision`. Import form: `file` or `document`.
    Fail-open form: `confirm` (the API's slug) where it is to fail open, nothing where it is to fail closed.
    """

    api: ApiRow
    revision: int
    gateway_url: str
    document_digest: str
    endpoints: tuple[CatalogueEndpoint, ...]
    event_types: tuple[CatalogueEventType, ...]
    result: ImportResult | None = None
    faults: tuple[ImportFault, ...] = ()
    staleness_s: float = 2.0
    edit_form: Form = field(default_factory=Form)
    fail_open_form: Form = field(default_factory=Form)
    pass_key_choices: tuple[Choice, ...] = (
        Choice(
            "yes",
            "Send it on to the upstream",
            "Only if the upstream must see it: a key that nobody sees cannot leak there.",
        ),
    )
    import_form: Form = field(default_factory=Form)
