"""Pages of the operator's APIs: the list, registering one, its catalogue and imports, and whether it fails open. Thin."""

from dataclasses import replace
from typing import Any, Final

import msgspec
from litestar import Response

from freehold.apis import actions, queries, reach_queries
from freehold.apis.records import Api, ApiEdit, EndpointRow, Environment, EventType, Imported, NewApi
from freehold.dashboard.frame import frame
from freehold.dashboard.views.apis import (
    ApiRow,
    ApisView,
    ApiView,
    CatalogueEndpoint,
    CatalogueEventType,
    ImportFault,
    ImportResult,
    NewApiView,
)
from freehold.dashboard.views.form import Form, Values, refused
from freehold.errors import FieldError, Problem, invalid
from freehold.kit.ids import new_id
from freehold.organizations.permissions import require_operator
from freehold.organizations.records import Actor
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_SHOWN_MAX: Final = 500
_FAULTS_MAX: Final = 100
_UPSTREAM_FIELDS: Final[dict[Environment, str]] = {
    "sandbox": "upstream_sandbox",
    "production": "upstream_production",
}


def list_apis(call: Call) -> Response[Any]:
    """The APIs, newest first."""
    with call.read() as tx:
        apis = actions.list_apis(tx, call.actor, _SHOWN_MAX)
        view = ApisView(rows=_rows(tx, apis), edit_blocked=_blocked(call.actor))
        shell = frame(tx, call, "apis")
    return page("apis/list.html.j2", shell, view)


# --- registering one ------------------------------------------------------------------------------


def show_new_api(call: Call) -> Response[Any]:
    """The form that registers an API."""
    return _new(call, Form(idempotency_key=new_id("req")), 200)


def create_api(call: Call) -> Response[Any]:
    """Register an API and go on to its import."""
    new = NewApi(call.field("name"), call.field("slug").strip() or None, _upstreams(call))

    def act(tx: Transaction) -> Answer:
        return Answer(303, actions.create_api(tx, call.actor, new).id.encode())

    try:
        api_id = call.once(act).body.decode()
    except Problem as problem:
        values = {name: call.field(name) for name in ("name", "slug", *_UPSTREAM_FIELDS.values())}
        return _new(call, refused(_for_form(problem), values, new_id("req")), problem.status)
    return see_other(f"/apis/{api_id}", "api-made")


def _new(call: Call, form: Form, status: int) -> Response[Any]:
    with call.read() as tx:
        shell = frame(tx, call, "apis")
    view = NewApiView(form=replace(form, blocked=_blocked(call.actor)))
    return page("apis/new.html.j2", shell, view, status)


# --- one API --------------------------------------------------------------------------------------


def show_api(call: Call, api: str) -> Response[Any]:
    """One API with its catalogue."""
    return _one(call, api)


def edit_api(call: Call, api: str) -> Response[Any]:
    """Change an API's name or upstreams."""

    def act(tx: Transaction) -> Api:
        before = actions.read_api(tx, call.actor, api)
        # The bundled example's own upstreams have no URL to type: a field left empty leaves them alone.
        kept = {name for name, url in before.upstreams.items() if before.is_bundled and not _typed(call, name)}
        upstreams = {name: url for name, url in _upstreams(call).items() if name not in kept}
        edit = ApiEdit(call.field("name"), upstreams, pass_key=bool(call.fields("pass_key")))
        return actions.edit_api(tx, call.actor, api, edit, call.form_revision())

    try:
        _, confirmation = call.confirmed(act)
    except Problem as problem:
        typed = {name: call.field(name) for name in ("name", *_UPSTREAM_FIELDS.values())}
        values: Values = {**typed, "pass_key": call.fields("pass_key")}
        return _one(call, api, problem.status, edit_form=refused(_for_form(problem), values))
    return see_other(f"/apis/{api}", "api-saved", confirmation)


def fail_open(call: Call, api: str) -> Response[Any]:
    """Let an API fail open, once its slug was typed: gates that cannot hear the database go on allowing what they know."""
    require_operator(call.actor)
    with call.read() as tx:
        slug = actions.read_api(tx, call.actor, api).slug
    if call.field("confirm").strip() != slug:
        problem = invalid(FieldError("confirm", "Type the API's slug exactly as it is shown.", "not_confirmed"))
        form = refused(problem, {"confirm": call.field("confirm")})
        return _one(call, api, problem.status, fail_open_form=form)
    return _set_fail_open(call, api, open_=True)


def fail_closed(call: Call, api: str) -> Response[Any]:
    """Let an API fail closed again: gates that cannot hear the database refuse its keys."""
    return _set_fail_open(call, api, open_=False)


def _set_fail_open(call: Call, api: str, open_: bool) -> Response[Any]:
    _, confirmation = call.confirmed(lambda tx: actions.edit_api(tx, call.actor, api, ApiEdit(fail_open=open_)))
    return see_other(f"/apis/{api}", "api-fails-open" if open_ else "api-fails-closed", confirmation)


def import_openapi(call: Call, api: str) -> Response[Any]:
    """Replace an API's catalogue by a document's, chosen as a file or pasted; this answer shows what it did."""
    pasted = call.field("document")
    try:
        text = call.file("file") or pasted.encode()
        if not text.strip():
            raise Problem("invalid", "Choose a file, or paste the document.")
        document = actions.read_openapi(call.actor, text, None)
        with call.write() as tx:
            done = actions.import_openapi(tx, call.actor, api, document)
    except Problem as problem:
        faults = tuple(ImportFault(place=each.field, message=each.message) for each in problem.errors[:_FAULTS_MAX])
        message = problem.detail if not faults else _nothing_imported(len(problem.errors))
        return _one(call, api, problem.status, import_form=Form({"document": pasted}, message=message), faults=faults)
    return _one(call, api, result=_result(done))


def _nothing_imported(faults: int) -> str:
    shown = f" The first {_FAULTS_MAX} are shown." if faults > _FAULTS_MAX else ""
    return (
        f"Nothing was imported: {faults:,} thing{'' if faults == 1 else 's'} in the document must be put right.{shown}"
    )


def _one(
    call: Call, api: str, status: int = 200, *, edit_form: Form | None = None, import_form: Form | None = None,
    fail_open_form: Form | None = None, result: ImportResult | None = None, faults: tuple[ImportFault, ...] = (),
) -> Response[Any]:  # fmt: skip
    why_not = _blocked(call.actor)
    with call.read() as tx:
        found = actions.read_api(tx, call.actor, api)
        shell = frame(tx, call, "apis")
        view = ApiView(
            api=_rows(tx, [found])[0],
            revision=found.revision,
            gateway_url=f"{call.settings.gate_base_url}/gateway/{found.slug}/",
            document_digest=found.document_digest or "",
            endpoints=_endpoints(tx, found),
            event_types=_event_types(tx, found),
            result=result,
            faults=faults,
            staleness_s=call.settings.staleness_s,
            fail_open_form=replace(fail_open_form or Form(), blocked=why_not),
            edit_form=replace(edit_form or Form(_edit_values(found)), blocked=why_not),
            import_form=replace(import_form or Form(), blocked=why_not or _bundled(found)),
        )
    return page("apis/one.html.j2", shell, view, status)


def _edit_values(api: Api) -> Values:
    typed = {name: "" if api.is_bundled else api.upstreams[each] or "" for each, name in _UPSTREAM_FIELDS.items()}
    return {"name": api.name, **typed, "pass_key": ["yes"] if api.pass_key else []}


def _bundled(api: Api) -> str | None:
    if not api.is_bundled:
        return None
    return "This API and its catalogue come with Freehold. Register your own API to import its document."


def _rows(tx: Transaction, apis: list[Api]) -> tuple[ApiRow, ...]:
    api_ids = [api.id for api in apis]
    counts, projects = queries.counts_of(tx, api_ids), reach_queries.project_counts(tx, api_ids)
    return tuple(
        ApiRow(
            id=api.id, name=api.name, slug=api.slug, endpoints=counts[api.id][0], event_types=counts[api.id][1],
            projects=projects[api.id], upstream_sandbox=api.upstream_sandbox or "",
            upstream_production=api.upstream_production or "", imported_at=api.imported_at, bundled=api.is_bundled,
            fail_open=api.fail_open,
        )
        for api in apis
    )  # fmt: skip


def _endpoints(tx: Transaction, api: Api) -> tuple[CatalogueEndpoint, ...]:
    reach = reach_queries.endpoint_reach(tx, api.id)

    def row(endpoint: EndpointRow) -> CatalogueEndpoint:
        return CatalogueEndpoint(
            operation_id=endpoint.operation_id, method=endpoint.method, path=endpoint.path, summary=endpoint.summary,
            projects=reach.get(endpoint.operation_id, 0), removed_at=endpoint.removed_at,
        )  # fmt: skip

    return tuple(row(each) for each in queries.endpoints_of(tx, api.id, include_removed=True))


def _event_types(tx: Transaction, api: Api) -> tuple[CatalogueEventType, ...]:
    reach = reach_queries.event_type_reach(tx, api.id)

    def row(event_type: EventType) -> CatalogueEventType:
        return CatalogueEventType(
            name=event_type.name, summary=event_type.summary, projects=reach.get(event_type.name, 0),
            schema=_json(event_type.schema), example=_json(event_type.example), removed_at=event_type.removed_at,
        )  # fmt: skip

    return tuple(row(each) for each in queries.event_types_of(tx, api.id, include_removed=True))


def _json(value: Any) -> str:
    return "" if value is None else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _result(done: Imported) -> ImportResult:
    kinds = (done.plan.endpoints, done.plan.event_types)
    return ImportResult(
        added=tuple(name for kind in kinds for name in kind.added),
        changed=tuple(f"{name}: {', '.join(fields)}" for kind in kinds for name, fields in kind.changed.items()),
        removed=tuple(name for kind in kinds for name in kind.removed),
        projects=tuple(
            f"{each.name} ({each.environment}): {', '.join((*each.endpoints, *each.event_types))}"
            for each in done.projects
        ),
        warnings=done.warnings,
    )


# --- forms ----------------------------------------------------------------------------------------


def _typed(call: Call, environment: Environment) -> str:
    return call.field(_UPSTREAM_FIELDS[environment]).strip()


def _upstreams(call: Call) -> dict[Environment, str | None]:
    return {environment: _typed(call, environment) or None for environment in _UPSTREAM_FIELDS}


def _blocked(actor: Actor) -> str | None:
    return None if actor.is_operator else "Only an operator of this instance registers and changes APIs."


def _for_form(problem: Problem) -> Problem:
    """A problem whose fields are called as the form calls them."""
    names = {"upstreams": "upstream_production"}
    names |= {f"upstreams.{environment}": field for environment, field in _UPSTREAM_FIELDS.items()}
    errors = tuple(replace(each, field=names.get(each.field, each.field)) for each in problem.errors)
    return replace(problem, errors=errors)
