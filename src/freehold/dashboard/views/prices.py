"""What the pages of price lists show. No behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceListRow:
    """One list among others. `of`: whose it is."""

    id: str
    of: str
    takes_effect_on: date
    ends_on: date | None
    state: str
    currency: str
    items: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """One tier of one item, as people read it. `first`: whether it is its item's first."""

    first: bool
    api: str
    endpoint: str
    unit: str
    above: int
    price: str
    per: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceListsView:
    """Price lists (`prices/list.html.j2`). `organization_name` None: of the whole instance. `present`: what prices today."""

    at: str
    organization_name: str | None
    rows: Sequence[PriceListRow]
    pager: Pager
    present: Sequence[TierRow] = ()
    present_id: str = ""
    present_currency: str = ""
    edit_blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceListView:
    """One price list (`prices/one.html.j2`). `withdraw`: the form that takes it back; None where it cannot be."""

    row: PriceListRow
    tiers: Sequence[TierRow]
    sandbox: str
    created_by: str
    created_at: datetime
    fingerprint: str
    crumbs: Sequence[tuple[str, str]]
    edit_blocked: str | None
    withdraw: Form | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """What last month would have come to for an organization. `present`: what it comes to as things are, or why it does not."""

    organization_id: str
    name: str
    requests: int
    amount: str
    present: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPriceListView:
    """The form of a new list (`prices/new.html.j2`). `numbers`: of the items that it has fields for. `preview`: None before one."""

    form: Form
    numbers: Sequence[int]
    endpoints: Sequence[Choice]
    organizations: Sequence[Choice]
    units: Sequence[Choice]
    pers: Sequence[Choice]
    sandboxes: Sequence[Choice]
    month: str
    currency: str = ""
    preview: Sequence[PreviewRow] | None = None
