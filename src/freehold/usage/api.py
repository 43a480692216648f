"""HTTP of usage and single requests. Thin: parse, one action, present."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from litestar.params import Parameter, QueryParameter
from msgspec import Meta

from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, to_text
from freehold.usage import actions, drivers, periods, rules
from freehold.usage.archive import archive_of
from freehold.usage.driver_views import (
    InstanceUsageView,
    OrganizationUsageView,
    instance_usage_view,
    organization_usage_view,
)
from freehold.usage.drivers import Wanted
from freehold.usage.records import Filter, FilterField, Grain, GroupBy, Kind, Question, RequestFilterField
from freehold.usage.views import (
    Compare,
    ExplainedRequestView,
    RequestView,
    UsageView,
    explained_request_view,
    request_fields,
    usage_view,
)
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_instant, read_cursor
from freehold.web.inputs import CursorText, Limit, with_time_zone

From = Annotated[
    datetime | None, QueryParameter(name="from", description="From this time on, cut to the minute before.")
]
To = Annotated[datetime | None, QueryParameter(name="to", description="Before this time, cut to the minute after.")]
# Several values of one filter are the same parameter several times: any of them will do.
KeyIds = Annotated[
    list[Annotated[str, Meta(max_length=100)]] | None,
    QueryParameter(
        name="key", description="Only this key's requests, by its id; of several keys, several times.", max_items=50
    ),
]
Selectors = Annotated[
    list[Annotated[str, Meta(max_length=100)]] | None,
    QueryParameter(
        name="secret", description="Only this secret's requests, by its selector; or several times.", max_items=50
    ),
]
EndpointIds = Annotated[
    list[Annotated[str, Meta(max_length=300)]] | None,
    QueryParameter(
        name="endpoint", description="Only requests to this endpoint, by operation id; or several times.", max_items=50
    ),
]
Outcomes = Annotated[
    list[Annotated[str, Meta(max_length=50)]] | None,
    QueryParameter(
        name="outcome", description="Only this outcome: `allowed` or a denial's reason; or several times.", max_items=50
    ),
]
Kinds = Annotated[
    list[Kind] | None,
    QueryParameter(
        name="kind", max_items=50,
        description="Only `served`, `throttled`, `denied` or `failed` requests, as the sums tell them apart; or several times.",
    ),
]  # fmt: skip
Excluded = Annotated[
    list[FilterField] | None,
    QueryParameter(
        name="not", max_items=5,
        description="The filters that leave their values out instead of picking them: `key`, `secret`, `endpoint`, `outcome`, `kind`.",
    ),
]  # fmt: skip
Paths = Annotated[
    list[Annotated[str, Meta(max_length=4096)]] | None,
    QueryParameter(
        name="path", max_items=50,
        description="Only requests with exactly this path, as it was sent and without its query; or several times.",
    ),
]  # fmt: skip
ExcludedOfRequests = Annotated[
    list[RequestFilterField] | None,
    QueryParameter(
        name="not", max_items=6,
        description="The filters that leave their values out instead of picking them: `key`, `secret`, `endpoint`, `outcome`, `kind`, `path`.",
    ),
]  # fmt: skip
CompareWith = Annotated[
    Compare | None,
    QueryParameter(
        description="Also the sums of the period before: `previous`. As long, or as many days or months of the time zone."
    ),
]


def read_usage(  # noqa: PLR0913, PLR0917 — each is one parameter of the query
    call: Call,
    project_id: str,
    since: From = None,
    until: To = None,
    bucket: Annotated[
        Grain | None, Parameter(description="How time is cut; what suits the range where it is not given.")
    ] = None,
    timezone: Annotated[
        str, Parameter(description="The IANA time zone of hours, days and months.", max_length=100)
    ] = "UTC",
    group_by: Annotated[GroupBy | None, Parameter(description="Divide every bucket by this.")] = None,
    key: KeyIds = None,
    secret: Selectors = None,
    endpoint: EndpointIds = None,
    outcome: Outcomes = None,
    kind: Kinds = None,
    excluded: Excluded = None,
    compare: CompareWith = None,
) -> UsageView:
    """What a project used: a series, its totals, and who made them. The last 24 hours unless given."""
    range_ = rules.read_range(with_time_zone("from", since), with_time_zone("to", until), clock.now())
    question = Question(
        range_, bucket or rules.bucket_for(range_.end - range_.start), timezone, group_by,
        _filter(key, secret, endpoint, outcome, kind, excluded),
    )  # fmt: skip
    with call.read() as tx:
        usage = actions.read_usage(tx, call.actor, project_id, question)
        previous = periods.read_previous(tx, call.actor, project_id, question) if compare else None
        projection = periods.read_projection(tx, call.actor, project_id, usage)
    return usage_view(project_id, usage, compare, previous, projection)


def list_requests(  # noqa: PLR0913, PLR0917 — each is one parameter of the query
    call: Call,
    project_id: str,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
    key: KeyIds = None,
    secret: Selectors = None,
    endpoint: EndpointIds = None,
    outcome: Outcomes = None,
    kind: Kinds = None,
    path: Paths = None,
    excluded: ExcludedOfRequests = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[RequestView]:
    """A project's single requests, newest first.

    A filtered page looks through up to 50,000 requests: it may have fewer than asked for, or none, and yet a `next_cursor`.
    """
    start, end = with_time_zone("from", since), with_time_zone("to", until)
    filter_, after = _filter(key, secret, endpoint, outcome, kind, excluded, path), after_instant(cursor)
    with call.read() as tx:
        listed = actions.page_of_requests(
            tx, call.actor, project_id, filter_, start, end, checked_limit(limit), after
        )  # fmt: skip
    following = to_text(Cursor(clock.to_ms(listed.after[0]), listed.after[1])) if listed.after else None
    return Page([RequestView(**request_fields(row)) for row in listed.rows], following)


def read_request(call: Call, request_id: str) -> ExplainedRequestView:
    """One request, with why it was allowed or denied."""
    with call.read() as tx:
        found = actions.read_request(tx, call.actor, request_id, archive_of(call.settings))
        again = actions.repeat_of(tx, found.request, call.settings.gate_base_url)
    return explained_request_view(found, again)


def read_organization_usage(
    call: Call, organization_id: str, since: From = None, until: To = None, compare: CompareWith = None,
    limit: Limit = 50, cursor: CursorText = None,
) -> OrganizationUsageView:  # fmt: skip
    """What each project of an organization used, largest first. The last 24 hours unless given."""
    wanted = _wanted(since, until, compare, limit, cursor)
    with call.read() as tx:
        return organization_usage_view(
            organization_id, drivers.read_organization_drivers(tx, call.actor, organization_id, wanted)
        )


def read_instance_usage(
    call: Call, since: From = None, until: To = None, compare: CompareWith = None, limit: Limit = 50,
    cursor: CursorText = None,
) -> InstanceUsageView:  # fmt: skip
    """What each project of the instance used, largest first; for the operator. The last 24 hours unless given.

    Requests with a key that nobody knows are one row without a project.
    """
    wanted = _wanted(since, until, compare, limit, cursor)
    with call.read() as tx:
        return instance_usage_view(drivers.read_instance_drivers(tx, call.actor, wanted))


def _wanted(
    since: datetime | None, until: datetime | None, compare: Compare | None, limit: int, cursor: str | None
) -> Wanted:
    range_ = rules.read_range(with_time_zone("from", since), with_time_zone("to", until), clock.now())
    return Wanted(
        range_, compare is not None, checked_limit(limit), read_cursor(cursor) if cursor is not None else None
    )


def _filter(
    keys: list[str] | None, secrets: list[str] | None, endpoints: list[str] | None, outcomes: list[str] | None,
    kinds: list[Kind] | None, excluded: Sequence[RequestFilterField] | None, paths: list[str] | None = None,
) -> Filter:  # fmt: skip
    return Filter(
        tuple(keys or ()), tuple(secrets or ()), tuple(endpoints or ()), tuple(outcomes or ()), tuple(kinds or ()),
        tuple(excluded or ()), tuple(paths or ()),
    )  # fmt: skip
