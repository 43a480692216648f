"""Requests for production access: asked, discussed, decided by somebody else, ended by what changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations import member_queries, tokens
from freehold.organizations.records import Actor
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions as review_decisions
from freehold.projects import actions as projects
from freehold.projects.records import ProjectChange
from freehold.settings import Settings
from freehold.store import touched
from freehold.store.engine import Store, Transaction
from freehold.store.schema import access_requests, announcements
from tests.conftest import TestClock
from tests.production.review_world import ASKED, ReviewWorld
from tests.production.world import project_of


@pytest.fixture
def world(sqlite_store: Store, test_clock: TestClock) -> ReviewWorld:
    """On SQLite: for what the database does not decide."""
    return ReviewWorld(sqlite_store, Settings())


@pytest.fixture
def on_each(store: Store, settings: Settings, test_clock: TestClock) -> ReviewWorld:
    """On each database: for what constraints, locks and SQL decide."""
    return ReviewWorld(store, settings)


def refusal(world: ReviewWorld, act: Callable[[Transaction], object]) -> Problem:
    with pytest.raises(Problem) as refused, world.store.write() as tx:
        act(tx)
    return refused.value


def told(rows: list[Any]) -> list[tuple[str, str]]:
    return [(row.recipient, row.subject.partition(":")[0]) for row in rows]


# --- asked, discussed, decided --------------------------------------------------------------------


def test_the_way_of_a_request_from_asking_to_approval(on_each: ReviewWorld) -> None:
    world = on_each
    request = world.ask()
    assert (request.state, request.waiting_on, request.fingerprint) == ("requested", "reviewer", world.fingerprint())
    with world.store.write() as tx:
        asked = review_decisions.ask_for_changes(tx, world.operator, request.id, "Why so many?\r\nPlease say.")
        assert (asked.state, asked.waiting_on, asked.reviewer_name) == ("requested", "requester", "Olga Operator")
        fewer = replace(ASKED, requests_a_day_to=30_000)
        answered = review_actions.answer(tx, world.developer, request.id, "Fewer, in fact.", fewer)
        assert (answered.waiting_on, answered.asked) == ("reviewer", fewer)
        review_actions.comment(tx, world.second, request.id, "Fine with me.")
    approved = world.approve(request, said="Small scope.")
    assert (approved.state, approved.waiting_on, approved.decided_name) == ("approved", None, "Olga Operator")
    assert approved.approved_fingerprint == approved.covered_fingerprint == world.fingerprint()
    assert approved.expires_at == clock.now() + timedelta(days=30)
    kinds = ["requested", "asked_for_changes", "answered", "commented", "approved"]
    assert [each.kind for each in world.entries(request)] == kinds
    assert world.entries(request)[1].text == "Why so many?\nPlease say."
    with world.store.read() as tx:
        [event] = tx.execute(select(announcements)).all()
    assert (event.event_type, event.project_id) == ("access_request.decided", world.project)
    assert event.payload["decision"] == "approved"
    assert event.payload["fingerprint"] == world.fingerprint()


def test_a_denial_needs_a_reason_and_leaves_room_for_another_request(world: ReviewWorld) -> None:
    request = world.ask()
    problem = refusal(world, lambda tx: review_decisions.deny_request(tx, world.operator, request.id, " "))
    assert [each.field for each in problem.errors] == ["reason"]
    with world.store.write() as tx:
        denied = review_decisions.deny_request(tx, world.operator, request.id, "The receiver accepts forgeries.")
    assert (denied.state, denied.reason, denied.is_open) == ("denied", "The receiver accepts forgeries.", False)
    again = world.ask()
    assert [each.id for each in world.open_requests()] == [again.id]


def test_one_open_request_a_project(on_each: ReviewWorld) -> None:
    world = on_each
    world.ask()
    problem = refusal(world, lambda tx: review_actions.request_access(tx, world.developer, world.project, ASKED))
    assert problem.code == "already_exists"


def test_blocking_checks_hinder_approving_and_never_asking(world: ReviewWorld) -> None:
    world.require(frozenset({"purpose"}))
    request = world.ask()
    assert world.entries(request)[0].facts["blocking"] == ["Purpose and product line are labelled"]
    seen = world.fingerprint()
    problem = refusal(world, lambda tx: review_decisions.approve_request(tx, world.operator, request.id, seen))
    assert (problem.code, "Purpose and product line are labelled" in problem.detail) == ("conflict", True)
    world.require(frozenset())
    assert world.approve(request).state == "approved"


def test_an_approval_is_of_the_shape_that_was_looked_at(world: ReviewWorld) -> None:
    request, seen = world.ask(), world.fingerprint()
    world.declare("get_parcel")
    problem = refusal(world, lambda tx: review_decisions.approve_request(tx, world.operator, request.id, seen))
    assert (problem.code, problem.status) == ("shape_changed", 409)
    assert world.request(request.id).state == "requested"
    shown = world.entries(request)[-1]
    assert (shown.kind, shown.facts["items"]) == ("shape_changed", ["/scope/endpoints/list_parcels"])
    assert world.approve(request).approved_fingerprint == world.fingerprint() != seen


@pytest.mark.parametrize(
    "fields",
    [{"use_case": " "}, {"requests_a_day_to": 10, "launch_on": "20270601"}],
)  # fmt: skip
def test_what_is_asked_has_to_make_sense(world: ReviewWorld, fields: dict[str, Any]) -> None:
    wrong = replace(ASKED, **fields)
    problem = refusal(world, lambda tx: review_actions.request_access(tx, world.developer, world.project, wrong))
    assert [each.field for each in problem.errors] == list(fields)


# --- four eyes ------------------------------------------------------------------------------------


def test_who_asked_does_not_decide_and_nobody_but_reviewers_does(world: ReviewWorld) -> None:
    both = world.join("both", world.instance.harbour, "developer")
    with world.store.write() as tx:
        member_queries.insert_member(
            tx, world.instance.northgate, world.instance.users["both"].id, "admin", clock.now()
        )
    both = world.instance.actor("both")
    request = world.ask(both)
    seen = world.fingerprint()
    for who in (both, world.instance.actor("owner"), world.developer, world.instance.actor("auditor")):
        for act in (
            lambda tx, who=who: review_decisions.approve_request(tx, who, request.id, seen),
            lambda tx, who=who: review_decisions.deny_request(tx, who, request.id, "No."),
            lambda tx, who=who: review_decisions.ask_for_changes(tx, who, request.id, "More."),
        ):
            assert refusal(world, act).code == "forbidden"
    assert refusal(
        world, lambda tx: review_decisions.approve_request(tx, world.instance.actor("stranger"), request.id, seen)
    ).code == "not_found"  # fmt: skip
    assert world.approve(request, world.second).decided_by == world.second.user_id


def test_a_token_is_no_reviewer_whatever_its_roles(world: ReviewWorld) -> None:
    request, seen = world.ask(), world.fingerprint()
    service = Actor("token", "tok_1", "CI", None, False, {world.instance.northgate: frozenset({"owner"})})
    with pytest.raises(Problem), world.store.write() as tx:
        review_decisions.approve_request(tx, service, request.id, seen)
    inside = Actor("token", "tok_2", "CI", None, False, {world.instance.harbour: frozenset({"owner"})})
    problem = refusal(world, lambda tx: review_decisions.approve_request(tx, inside, request.id, seen))
    assert problem.code == "forbidden"
    problem = refusal(world, lambda tx: review_actions.request_access(tx, inside, world.project, ASKED))
    assert problem.code == "forbidden"


def test_the_database_holds_four_eyes_and_one_open_request(on_each: ReviewWorld) -> None:
    world = on_each
    request = world.ask()
    own = {"state": "approved", "waiting_on": None, "decided_by": request.requested_by, "decided_at": clock.now(),
           "approved_fingerprint": "f", "approved_number": 1, "covered_fingerprint": "f", "expires_at": clock.now()}  # fmt: skip
    for values in (own, {"reviewer_id": request.requested_by}, {"environment": "production"}, {"state": "approved"}):
        with pytest.raises(IntegrityError), world.store.write() as tx:
            tx.execute(update(access_requests).where(access_requests.c.id == request.id).values(**values))
    with world.store.read() as tx:
        row = dict(tx.execute(select(access_requests).where(access_requests.c.id == request.id)).one()._mapping)
    for more in ({}, {"organization_id": world.instance.elsewhere, "project_id": world.project}):
        with pytest.raises(IntegrityError), world.store.write() as tx:
            tx.execute(insert(access_requests).values(**row | {"id": "acr_second"} | more))


# --- what ends a request --------------------------------------------------------------------------


def test_an_approval_dies_with_a_material_change_and_covers_others(on_each: ReviewWorld) -> None:
    world = on_each
    request = world.ask()
    world.approve(request)
    with world.store.write() as tx:
        projects.edit_project(tx, world.developer, world.project, ProjectChange(purpose="Looks parcels up at night"))
    covered = world.request(request.id)
    assert (covered.state, covered.covered_fingerprint) == ("approved", world.fingerprint())
    assert covered.approved_fingerprint != covered.covered_fingerprint
    with world.store.write() as tx:
        assert review_actions.may_clone(tx, project_of(world.instance)).id == request.id
    world.declare("get_parcel")
    lapsed = world.request(request.id)
    assert (lapsed.state, lapsed.is_open) == ("lapsed", False)
    assert lapsed.ended_why is not None
    assert "/scope/endpoints/list_parcels" in lapsed.ended_why
    problem = refusal(world, lambda tx: review_actions.may_clone(tx, project_of(world.instance)))
    assert problem.code == "not_approved"
    assert world.ask().state == "requested"


def test_which_parts_are_material_is_the_operators_to_say(world: ReviewWorld) -> None:
    world.require(frozenset(), material=("labels",), approval_days=7)
    request = world.ask()
    assert world.approve(request).expires_at == clock.now() + timedelta(days=7)
    world.declare("get_parcel")
    assert world.request(request.id).state == "approved"
    with world.store.write() as tx:
        projects.edit_project(tx, world.developer, world.project, ProjectChange(purpose="Something else"))
    assert world.request(request.id).state == "lapsed"


def test_an_approval_expires(on_each: ReviewWorld, test_clock: TestClock) -> None:
    world = on_each
    request = world.ask()
    world.approve(request)
    test_clock.move(30 * 86_400 - 1)
    world.tell()
    assert world.request(request.id).state == "approved"
    test_clock.move(1)
    problem = refusal(world, lambda tx: review_actions.may_clone(tx, project_of(world.instance)))
    assert problem.code == "not_approved"
    world.tell()
    assert world.request(request.id).state == "expired"


def test_an_approval_whose_time_is_over_is_in_nobodys_way(world: ReviewWorld, test_clock: TestClock) -> None:
    request = world.ask()
    world.approve(request)
    test_clock.move(31 * 86_400)
    assert world.ask(new=replace(ASKED, launch_on="2027-08-01")).state == "requested"
    assert world.request(request.id).state == "expired"


def test_a_request_is_withdrawn_while_it_is_open(world: ReviewWorld) -> None:
    request = world.ask()
    world.approve(request)
    with world.store.write() as tx:
        withdrawn = review_actions.withdraw_request(tx, world.developer, request.id, "Not this year.")
    assert (withdrawn.state, withdrawn.ended_why) == ("withdrawn", "Not this year.")
    problem = refusal(world, lambda tx: review_actions.withdraw_request(tx, world.developer, request.id))
    assert problem.code == "conflict"


def test_going_live_ends_the_request_and_only_a_clone_of_its_own_project_does(world: ReviewWorld) -> None:
    request = world.ask()
    world.approve(request)
    production = world.go_live()
    with world.store.write() as tx:
        approved = review_actions.may_clone(tx, project_of(world.instance))
        with pytest.raises(LookupError):
            review_actions.went_live(tx, approved, project_of(world.instance, world.instance.foreign_project))
        live = review_actions.went_live(tx, approved, production, world.developer)
    assert (live.id, live.state, live.is_open) == (request.id, "live", False)
    problem = refusal(world, lambda tx: review_actions.request_access(tx, world.developer, world.project, ASKED))
    assert problem.code == "conflict"


# --- direct edits of production -------------------------------------------------------------------


def test_a_material_edit_of_production_asks_for_review_by_somebody_else(world: ReviewWorld) -> None:
    production = world.go_live()
    before = world.fingerprint(production.id)
    world.issue("night", production.id)
    [request] = world.open_requests()
    assert (request.kind, request.state, request.requested_by) == ("change", "requested", world.developer.user_id)
    assert (request.base_fingerprint, request.fingerprint) == (before, world.fingerprint(production.id))
    world.declare("get_parcel", "list_parcels", who=world.instance.actor("owner"), project_id=production.id)
    [request] = world.open_requests()
    assert request.fingerprint == world.fingerprint(production.id)
    assert [each.kind for each in world.entries(request)] == ["requested", "shape_changed"]
    approved = world.approve(request)
    assert (approved.state, approved.is_open, approved.expires_at) == ("approved", False, None)


def test_everybody_whose_edit_is_in_it_is_kept_from_deciding(on_each: ReviewWorld) -> None:
    world = on_each
    production = world.go_live()
    world.issue("night", production.id)
    with world.store.write() as tx:
        member_queries.insert_member(tx, world.instance.harbour, world.second.user_id or "", "developer", clock.now())
    second = world.instance.actor("second")
    world.declare("get_parcel", "list_parcels", who=second, project_id=production.id)
    [request] = world.open_requests()
    seen = world.fingerprint(production.id)
    problem = refusal(world, lambda tx: review_decisions.approve_request(tx, second, request.id, seen))
    assert problem.code == "forbidden"
    assert world.approve(request).state == "approved"


def test_a_service_tokens_edit_is_its_makers(world: ReviewWorld) -> None:
    production, instance = world.go_live(), world.instance
    with world.store.write() as tx:
        issued = tokens.create_service_token(
            tx, instance.actor("owner"), instance.secret, instance.harbour, "CI", ["developer"], None
        )
    service = Actor("token", issued.token.id, "CI", None, False, {instance.harbour: frozenset({"developer"})})
    world.issue("night", production.id, service)
    [request] = world.open_requests()
    assert (request.requested_by, request.requested_name) == (instance.users["owner"].id, "CI")


def test_an_edit_that_is_taken_back_ends_its_review(world: ReviewWorld) -> None:
    production = world.go_live()
    world.declare("get_parcel", "list_parcels", project_id=production.id)
    [request] = world.open_requests()
    world.declare("get_parcel", project_id=production.id)
    assert world.open_requests() == []
    assert world.request(request.id).state == "withdrawn"


@pytest.mark.parametrize("cause", ["promotion", "revert"])
def test_what_comes_from_the_sandbox_is_no_direct_edit(world: ReviewWorld, cause: str) -> None:
    production = world.go_live()
    with world.store.write() as tx:
        touched.because(tx, cause)
        change = ProjectChange(quota=None, purpose="Looks parcels up", rate_limits=())
        projects.edit_project(tx, world.developer, production.id, replace(change, purpose="By day"))
    world.require(frozenset(), material=("labels",))
    with world.store.write() as tx:
        touched.because(tx, cause)
        projects.edit_project(tx, world.developer, production.id, ProjectChange(purpose="By night"))
    assert world.open_requests() == []
    with world.store.write() as tx:
        projects.edit_project(tx, world.developer, production.id, ProjectChange(purpose="By dawn"))
    assert len(world.open_requests()) == 1


# --- who hears of it ------------------------------------------------------------------------------


def test_both_sides_hear_of_each_step_once_and_not_of_their_own(on_each: ReviewWorld) -> None:
    world = on_each
    request = world.ask()
    assert told(world.tell()) == [
        ("operator@example.com", "Production access requested"), ("owner@example.com", "Production access requested"),
        ("second@example.com", "Production access requested"),
    ]  # fmt: skip
    with world.store.write() as tx:
        review_decisions.ask_for_changes(tx, world.operator, request.id, "Say <more>.")
    rows = world.tell()
    assert told(rows) == [("developer@example.com", "Changes asked for"), ("owner@example.com", "Changes asked for")]
    assert "Say &lt;more&gt;." in rows[0].html
    assert f"https://freehold.example/projects/{world.project}/production" in rows[0].text
    with world.store.write() as tx:
        review_actions.answer(tx, world.developer, request.id, "There is no more.")
    rows = world.tell()
    # It is the conversation of the reviewer who has taken it up.
    assert told(rows) == [("operator@example.com", "Answered"), ("owner@example.com", "Answered")]
    assert f"https://freehold.example/access_requests/{request.id}" in rows[0].text
    world.approve(request)
    world.declare("get_parcel")
    said = told(world.tell())
    assert ("developer@example.com", "Production access approved") in said
    assert {who for who, what in said if what == "Approval lapsed"} == {
        "operator@example.com", "second@example.com", "owner@example.com",
    }  # fmt: skip
    assert world.tell() == []


def test_no_letter_holds_a_secret_and_none_a_header(world: ReviewWorld) -> None:
    world.ask(new=replace(ASKED, use_case="One\nBcc: everybody@example.com"))
    for row in world.tell():
        assert "\n" not in row.subject
        assert world.instance.tokens["owner"] not in row.text
