"""Who the demonstration is about: two organizations, their people, their projects and how these are used. Data only."""

from dataclasses import dataclass
from typing import Final, Literal

from freehold.organizations.records import Role
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import Duty

Receiver = Literal["accepts", "refuses", "recovers"]


@dataclass(frozen=True, slots=True)
class PersonStory:
    """A member: address before the @, name, role."""

    mailbox: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class KeyStory:
    """A key and its part of the project's traffic. `ended_days_ago`: revoked, though its caller goes on for a while.

    `rotated_hours_ago`: given a new secret, though some of its callers, as `old_client`, still use the old one.
    """

    name: str
    workload: str
    share: float
    client: str
    rate_limits: tuple[RateLimit, ...] = ()
    endpoints: tuple[str, ...] | None = None
    ended_days_ago: int | None = None
    quota: Quota | None = None
    rotated_hours_ago: int | None = None
    old_client: str = ""


@dataclass(frozen=True, slots=True)
class ProjectStory:
    """A workload: its labels, what it declares and how much it calls. `requests_a_day` is a weekday's."""

    name: str
    purpose: str
    product_line: str
    use_case: str
    owners: tuple[tuple[str, Duty], ...]
    began_days_ago: int
    endpoints: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    keys: tuple[KeyStory, ...] = ()
    requests_a_day: int = 0
    undeclared: tuple[str, ...] = ()
    hook: str | None = None
    receiver: Receiver = "accepts"
    has_production: bool = False
    production_factor: float = 3.0
    archived_days_ago: int | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class OrganizationStory:
    """A team or company with its domain, people and projects. The first person is its owner."""

    name: str
    domain: str
    people: tuple[PersonStory, ...]
    projects: tuple[ProjectStory, ...]


_MINUTE: Final = 60

STORY: Final[tuple[OrganizationStory, ...]] = (
    OrganizationStory(
        "Northgate", "northgate.example",
        (
            PersonStory("ada", "Ada Lindqvist", "owner"),
            PersonStory("ops", "Oskar Pettersen", "admin"),
            PersonStory("dev", "Dalia Evans", "developer"),
            PersonStory("billing", "Bente Krogh", "billing"),
            PersonStory("audit", "Amir Haddad", "auditor"),
        ),
        (
            ProjectStory(
                "Country lookup", "Fills in country, currency and languages at checkout", "Storefront", "Checkout forms",
                (("dev", "technical"), ("ops", "technical"), ("billing", "billing")), 30,
                ("get_country", "list_countries", "get_currency"), ("lookup.completed", "lookup.failed"),
                (
                    KeyStory("checkout-web", "Checkout, web shop", 0.62, "checkout-web/4.2", (RateLimit("requests", 40, _MINUTE), RateLimit("burst", 10, 1)), rotated_hours_ago=26, old_client="checkout-web/4.1"),
                    KeyStory("checkout-app", "Checkout, mobile", 0.3, "NorthgateApp/9.1 (iOS)", (RateLimit("requests", 30, _MINUTE),)),
                    KeyStory("price-sync", "Nightly price list", 0.08, "price-sync/1.0", (RateLimit("requests", 20, _MINUTE),), ("get_currency",)),
                ),
                240, ("get_time",), "https://hooks.northgate.example/lookups", has_production=True, production_factor=3.5,
                rate_limits=(RateLimit("all-keys", 60, _MINUTE),), quota=Quota(30_000, "month"),
            ),
            ProjectStory(
                "Time zone sync", "Keeps opening hours right in every branch's own time zone", "Branches", "Opening hours",
                (("dev", "technical"),), 24, ("get_time", "list_time_zones", "convert_time"), ("time.converted",),
                (
                    KeyStory("branch-clock", "Branch displays", 0.85, "branch-clock/2.0", (RateLimit("requests", 60, _MINUTE),)),
                    KeyStory("old-branch-clock", "Branch displays, first version", 0.15, "branch-clock/1.4", ended_days_ago=9),
                ),
                150, hook="https://branches.northgate.example/hooks/time", receiver="refuses",
            ),
            ProjectStory(
                "Returns portal", "Shows refund amounts in the customer's own currency", "Storefront", "Refunds",
                (("dev", "technical"), ("ops", "technical")), 2, ("get_currency",), ("lookup.completed",),
                (KeyStory("returns-web", "Returns portal, web", 1.0, "returns-web/0.3", (RateLimit("requests", 120, _MINUTE),)),), 30,
            ),
        ),
    ),
    OrganizationStory(
        "Lumen Travel", "lumen.example",
        (
            PersonStory("maya", "Maya Okafor", "owner"),
            PersonStory("jonas", "Jonas Weber", "developer"),
            PersonStory("finance", "Filippa Sand", "billing"),
        ),
        (
            ProjectStory(
                "Booking currencies", "Prices each leg of a journey in the traveller's currency", "Booking", "Fare display",
                (("jonas", "technical"), ("maya", "technical"), ("finance", "billing")), 29,
                ("get_country", "get_currency", "list_currency_countries"), ("lookup.completed",),
                (
                    KeyStory("fares-api", "Fare service", 0.9, "python-httpx/0.28", (RateLimit("requests", 60, _MINUTE),)),
                    KeyStory("jonas-laptop", "Jonas, local development", 0.1, "curl/8.5", quota=Quota(25, "day")),
                ),
                200, ("list_time_zones",), "https://events.lumen.example/freehold", "recovers", True, 4.0,
            ),
            ProjectStory(
                "Meeting planner", "Proposes meeting times across offices", "Workplace", "Calendar",
                (("jonas", "technical"),), 6, ("convert_time", "get_time"), ("time.converted",),
            ),
            ProjectStory(
                "Fare research", "One-off study of fares by country", "Booking", "Research",
                (("maya", "technical"),), 28, ("list_countries",), (),
                (KeyStory("notebook", "Research notebook", 1.0, "python-requests/2.32"),), 90, archived_days_ago=15,
            ),
        ),
    ),
)  # fmt: skip
