"""Registering the operator's APIs and importing their catalogues.

One function is one use case and one transaction, which the caller opens. Every change advances the
configuration epoch, because the gate matches requests against the catalogue and sends them to the
upstreams.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib import resources
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row

from freehold.apis import queries, rules
from freehold.apis.documents import read_document
from freehold.apis.openapi import read_catalogue
from freehold.apis.records import (
    BUNDLED,
    Api,
    ApiEdit,
    Document,
    EndpointRow,
    Environment,
    EventType,
    Imported,
    ImportPlan,
    NewApi,
    TouchedProject,
)
from freehold.errors import Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import require_operator
from freehold.organizations.records import Actor
from freehold.organizations.rules import check_text, clean_name, free_slug, slug_of
from freehold.store import epoch
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction

EXAMPLE_SLUG: Final = "example"
_EXAMPLE_NAME: Final = "Example API"
_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})


def read_api(tx: Transaction, actor: Actor, api: str) -> Api:
    """One API by its id or slug. Everybody who is signed in may read the catalogue."""
    _require_reader(actor)
    return _existing(queries.find_api(tx, api) or queries.find_api_by_slug(tx, api))


def list_apis(tx: Transaction, actor: Actor, limit: int, before_id: str | None = None) -> list[Api]:
    """Up to `limit` APIs, newest first."""
    _require_reader(actor)
    return queries.list_apis(tx, limit, before_id)


def read_endpoints(tx: Transaction, actor: Actor, api: str, include_removed: bool = False) -> list[EndpointRow]:
    """The endpoints of an API."""
    return queries.endpoints_of(tx, read_api(tx, actor, api).id, include_removed)


def read_event_types(tx: Transaction, actor: Actor, api: str, include_removed: bool = False) -> list[EventType]:
    """The event types of an API."""
    return queries.event_types_of(tx, read_api(tx, actor, api).id, include_removed)


def read_event_type(tx: Transaction, actor: Actor, api: str, name: str) -> EventType:
    """One event type of an API's catalogue, a removed one too."""
    found = queries.find_event_type(tx, read_api(tx, actor, api).id, name)
    if found is None:
        raise not_found("event type")
    return found


def read_document_text(tx: Transaction, actor: Actor, api: str) -> str:
    """An API's OpenAPI document as it was imported; Problem `not_found` before the first import."""
    text = queries.document_of(tx, read_api(tx, actor, api).id)
    if text is None:
        raise Problem("not_found", "No document was imported into this API yet.")
    return text


def create_api(tx: Transaction, actor: Actor, new: NewApi) -> Api:
    """Register an API, without a catalogue yet; Problem `already_exists` where its slug is taken."""
    require_operator(actor)
    name, wanted = clean_name(new.name), new.upstreams or {}
    errors = check_text("name", name) + rules.check_upstreams(wanted, {})
    if new.slug is not None:
        errors += rules.check_slug(new.slug)
    if errors:
        raise invalid(*errors)
    slug = new.slug or _free_slug(tx, name)
    api = Api(
        ids.new_id("api"), slug, name, rules.normal_upstream(wanted.get("sandbox")),
        rules.normal_upstream(wanted.get("production")), None, None, 1, clock.now(),
    )  # fmt: skip
    with broken_constraint_means(Problem("already_exists", f"There is an API with the slug {slug} already.")):
        queries.insert_api(tx, api)
    _announce(tx, actor, "api.created", api, after={"slug": slug, "name": name, **_audited(api.upstreams)})
    return api


def edit_api(tx: Transaction, actor: Actor, api: str, edit: ApiEdit, revision: int | None = None) -> Api:
    """Change an API; Problem `precondition_failed` where it is at another revision than given."""
    require_operator(actor)
    old = _locked(tx, api, revision)
    name = old.name if edit.name is None else clean_name(edit.name)
    wanted = edit.upstreams or {}
    errors = check_text("name", name) + rules.check_upstreams(wanted, old.upstreams)
    if errors:
        raise invalid(*errors)
    upstreams = {**old.upstreams, **{each: rules.normal_upstream(url) for each, url in wanted.items()}}
    new = replace(
        old, name=name, upstream_sandbox=upstreams["sandbox"], upstream_production=upstreams["production"],
        fail_open=old.fail_open if edit.fail_open is None else edit.fail_open,
        pass_key=old.pass_key if edit.pass_key is None else edit.pass_key, revision=old.revision + 1,
    )  # fmt: skip
    if replace(new, revision=old.revision) == old:
        return old
    queries.update_api(tx, new)
    before, after = _facts(old), _facts(new)
    changed = [name for name in after if before[name] != after[name]]
    _announce(
        tx, actor, "api.edited", new,
        before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
    )  # fmt: skip
    return new


def _facts(api: Api) -> dict[str, Any]:
    """What its operator chose of an API, for the audit log."""
    return {"name": api.name, "fail_open": api.fail_open, "pass_key": api.pass_key, **_audited(api.upstreams)}


def read_openapi(actor: Actor, text: bytes, media_type: str | None) -> Document:
    """Read a document to be imported; Problem `invalid` says all that is wrong with it, and where.

    Outside of any transaction, because a large document takes seconds and others wait for a writer.
    """
    require_operator(actor)
    return _read(text, media_type)


def import_openapi(
    tx: Transaction, actor: Actor, api: str, document: Document, revision: int | None = None
) -> Imported:
    """Make an OpenAPI document the API's catalogue; what that changes, and which projects it touches."""
    require_operator(actor)
    found = _locked(tx, api, revision)
    if found.is_bundled:
        raise Problem(
            "conflict",
            "This API is bundled with Freehold, and so is its catalogue. Register your own API, or give this one "
            "upstreams of your own first.",
        )
    return _import(tx, actor, found, document)


def ensure_example_api(tx: Transaction, now: datetime) -> Api:
    """Have the bundled example API in the catalogue, as the bundled document describes it.

    Called at every start. An operator who gave it upstreams of their own has made it theirs: it is left alone.
    """
    api = queries.find_api_by_slug(tx, EXAMPLE_SLUG)
    if api is None:
        api = Api(
            ids.new_id("api", clock.to_ms(now)), EXAMPLE_SLUG, _EXAMPLE_NAME, BUNDLED + "sandbox",
            BUNDLED + "production", None, None, 1, now,
        )  # fmt: skip
        with broken_constraint_means(Problem("unavailable", "Another node is adding the example API; start again.")):
            queries.insert_api(tx, api)
        _announce(tx, _SYSTEM, "api.created", api, after={"slug": api.slug, "name": api.name})
    if not api.is_bundled:
        return api
    text = (resources.files("freehold.example") / "openapi.yaml").read_bytes()
    if _digest(text) == api.document_digest:
        return api
    return _import(tx, _SYSTEM, api, _read(text, "application/yaml")).api


def _read(text: bytes, media_type: str | None) -> Document:
    catalogue = read_catalogue(read_document(text, media_type))
    return Document(text.decode("utf-8-sig"), _digest(text), catalogue)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _import(tx: Transaction, actor: Actor, api: Api, document: Document) -> Imported:
    catalogue = document.catalogue
    plan = rules.plan_import(queries.catalogue_of(tx, api.id), catalogue)
    imported = api
    if document.digest != api.document_digest or not plan.is_empty:
        now = clock.now()
        imported = replace(api, document_digest=document.digest, imported_at=now, revision=api.revision + 1)
        queries.update_document(tx, imported, document.text)
        queries.replace_catalogue(tx, api.id, catalogue, now)
        before = {"document": api.document_digest}
        _announce(tx, actor, "api.imported", imported, before=before, after=_summary(document.digest, plan))
    warnings = catalogue.warnings + rules.upstream_warnings(imported, catalogue.endpoints)
    return Imported(imported, plan, _touched(tx, api.id, plan), warnings)


def _summary(digest: str, plan: ImportPlan) -> dict[str, Any]:
    """What the audit log keeps of an import: how much it changed, and the document by its digest."""
    kinds = {"endpoints": plan.endpoints, "event_types": plan.event_types}
    counts = {
        kind: {"added": len(each.added), "changed": len(each.changed), "removed": len(each.removed)}
        for kind, each in kinds.items()
    }
    return {"document": digest, **counts}


def _touched(tx: Transaction, api_id: str, plan: ImportPlan) -> tuple[TouchedProject, ...]:
    names = rules.touching(plan.endpoints), rules.touching(plan.event_types)
    if not any(names):
        return ()
    rows = queries.scopes_naming(tx, api_id, *names)
    return tuple(_touched_project(list(each)) for _, each in groupby(rows, key=lambda row: row.project_id))


def _touched_project(rows: list[Row[*tuple[Any, ...]]]) -> TouchedProject:
    first = rows[0]
    return TouchedProject(
        first.project_id, first.project_name, first.organization_id, first.environment,
        tuple(row.declared for row in rows if row.kind == "endpoint"),
        tuple(row.declared for row in rows if row.kind == "event_type"),
    )  # fmt: skip


def _announce(
    tx: Transaction, actor: Actor, action: str, api: Api, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    audit.record(
        tx, actor, action, organization_id=None, subject_kind="api", subject_id=api.id, subject_name=api.name,
        before=before, after=after,
    )  # fmt: skip
    epoch.advance(tx, "api", api.id, clock.now())


def _audited(upstreams: Mapping[Environment, str | None]) -> dict[str, str | None]:
    return {f"upstream_{environment}": url for environment, url in upstreams.items()}


def _existing(api: Api | None) -> Api:
    if api is None:
        raise not_found("API")
    return api


def _locked(tx: Transaction, api: str, revision: int | None) -> Api:
    """An API to be changed, held until the commit, at the revision that the caller has seen."""
    by_slug = queries.find_api_by_slug(tx, api)
    found = _existing(queries.lock_api(tx, by_slug.id if by_slug else api))
    if revision is not None and revision != found.revision:
        raise changed_meanwhile("API")
    return found


def _free_slug(tx: Transaction, name: str) -> str:
    slug = slug_of(name)[: rules.SLUG_LENGTH_MAX - 4].strip("-")
    return free_slug(slug, queries.slugs_like(tx, slug))


def _require_reader(actor: Actor) -> None:
    if not (actor.is_operator or actor.kind == "system" or actor.roles or actor.everywhere):
        raise Problem("forbidden", "Only members of an organization see the APIs; ask to be invited to one.")
