"""The demonstration's requests for production access: one waits for review, one was denied, one is approved.

By the product's own actions, at past instants. The approval is of a day on which the operator still asked for less:
nothing is approved here that could not be.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from freehold.demo.people import MadeProject, Place, at
from freehold.mail import tasks as mail_tasks
from freehold.organizations.records import Actor
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Code, Policy
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions as review_decisions
from freehold.production.review import tasks as review_tasks
from freehold.production.review.records import AccessRequest, NewRequest
from freehold.projects.records import Project
from freehold.webhooks import delivery_actions

# What the operator asked for at first; since then it is what Freehold asks for by itself.
_AT_FIRST: Final[frozenset[Code]] = frozenset({"technical_owner", "scope_declared", "recent_lookup"})
_BATCH: Final = 500


def make_requests(place: Place, projects: Sequence[MadeProject], people: dict[str, Actor]) -> int:
    """Ask, discuss and decide as the story has it; how many requests. `people`: everybody by mailbox."""
    found = {made.story.name: made.project for made in projects if made.project.environment == "sandbox"}
    _approved(place, found["Time zone sync"], people)
    _denied(place, found["Meeting planner"], people)
    _waiting(place, found["Returns portal"], people)
    while mail_tasks.turn(place.store, None):
        pass
    return 3


def _approved(place: Place, project: Project, people: dict[str, Actor]) -> None:
    operator, api = people["ada"], project.api_id
    asked = NewRequest("Shows each branch's opening hours in its own time zone.", 100, 1_000, 5, _launch(place, 20))
    with at(place.now - timedelta(days=5)), place.store.write() as tx:
        readiness_policies.set_policy(tx, operator, api, Policy(api, blocking=_AT_FIRST))
    request = _ask(place, project, people["dev"], asked, timedelta(days=4, hours=6))
    with at(place.now - timedelta(days=4)), place.store.write() as tx:
        said = "Small scope, and its limits hold. Mind the receiver that refuses events."
        review_decisions.approve_request(tx, people["ops"], request.id, request.fingerprint, said)
    _tell(place, timedelta(days=4))
    with at(place.now - timedelta(days=3)), place.store.write() as tx:
        readiness_policies.set_policy(tx, operator, api, Policy(api))


def _denied(place: Place, project: Project, people: dict[str, Actor]) -> None:
    asked = NewRequest("Proposes meeting times across our offices.", 50, 400, 2, _launch(place, 6))
    request = _ask(place, project, people["jonas"], asked, timedelta(days=2, hours=3))
    with at(place.now - timedelta(days=1, hours=22)), place.store.write() as tx:
        said = "Nothing has called it yet: there is no key, and no request on record.\nAsk again once it runs in the sandbox."
        review_decisions.deny_request(tx, people["ada"], request.id, said)
    _tell(place, timedelta(days=1, hours=22))


def _waiting(place: Place, project: Project, people: dict[str, Actor]) -> None:
    asked = NewRequest(
        "Shows refunds in the customer's own currency.\nThe returns portal calls it once for each order that is opened.",
        2_000, 9_000, 10, _launch(place, 35),
    )  # fmt: skip
    request = _ask(place, project, people["dev"], asked, timedelta(hours=7))
    with at(place.now - timedelta(hours=5)), place.store.write() as tx:
        said = "I will look at it once the blocking checks are clear. Does the portal retry by itself?"
        review_actions.comment(tx, people["ada"], request.id, said)
    with at(place.now - timedelta(hours=4)), place.store.write() as tx:
        review_actions.comment(tx, people["dev"], request.id, "Once, after two seconds. Nothing else retries.")
    _tell(place, timedelta(hours=4))


def _ask(place: Place, project: Project, who: Actor, asked: NewRequest, ago: timedelta) -> AccessRequest:
    with at(place.now - ago), place.store.write() as tx:
        request = review_actions.request_access(tx, who, project.id, asked)
    _tell(place, ago)
    return request


def _tell(place: Place, ago: timedelta) -> None:
    """Write the letters, and the messages to webhook endpoints, as the tasks process would have."""
    with at(place.now - ago):
        review_tasks.turn(place.store, place.settings)
        with place.store.write() as tx:
            delivery_actions.publish_announced(tx, _BATCH)


def _launch(place: Place, days: int) -> str:
    return f"{place.now.date() + timedelta(days=days)}"
