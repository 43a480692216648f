"""The pages of projects in a browser without JavaScript: list, a new one, overview, scope, settings."""

import html
import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import insert

from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids, paging
from freehold.organizations import member_queries
from freehold.overview.pages import projects as listing
from freehold.projects import actions, queries
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import NewOwner, NewProject, Project, ProjectChange, Scope
from freehold.store.schema import drift_heads, webhook_endpoints
from freehold.webhooks import actions as webhooks
from freehold.webhooks import delivery_actions, queue
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import AttemptResult, EndpointSettings, Timing
from tests.http.served import Browser, Instance, hidden_fields, text_of
from tests.http.traffic import use

BLOCKED = "Your role lets you look at this, not change it. Ask an owner or admin of the organization."
Fields = dict[str, str | Sequence[str]]


def list_of(instance: Instance) -> str:
    return f"/organizations/{instance.harbour}/projects"


def at(instance: Instance, path: str = "") -> str:
    return f"/projects/{instance.project}{path}"


def make(instance: Instance, name: str = "Ship tracker", purpose: str = "Shows ships") -> Project:
    with instance.store.write() as tx:
        new = NewProject(name, purpose, "parcels")
        return actions.create_project(tx, instance.actor("developer"), instance.harbour, new)


def give_sibling(instance: Instance, project_id: str = "") -> str:
    """A production project beside one, or the first; written as a row, as cloning is the one way to make it."""
    with instance.store.write() as tx:
        sandbox = actions.read_project(tx, instance.actor("owner"), project_id or instance.project)
        sibling = Project(
            id=ids.new_id("proj"), organization_id=sandbox.organization_id, api_id=sandbox.api_id, environment="production",
            sandbox_id=sandbox.id, name=sandbox.name, slug=sandbox.slug, purpose=sandbox.purpose, product_line=None,
            use_case=None, state="active", revision=1, created_by="Ada", created_at=clock.now(), archived_at=None,
        )  # fmt: skip
        queries.insert_project(tx, sibling)
        return sibling.id


def fail(instance: Instance, project_id: str, environment: str) -> None:
    """An endpoint of a project that fails, written as a row."""
    with instance.store.write() as tx:
        tx.execute(
            insert(webhook_endpoints).values(
                id=ids.new_id("whe"), project_id=project_id, environment=environment, url="https://example.com/", headers={},
                state="failing", created_by="Ada", created_at=clock.now(), slot="hook",
            )
        )  # fmt: skip


def read(instance: Instance, project_id: str = "") -> Project:
    with instance.store.read() as tx:
        return actions.read_project(tx, instance.actor("owner"), project_id or instance.project)


def rows_of(page: str) -> list[str]:
    """The names of a list's projects, from the top."""
    return re.findall(r'<div class="fh-project-t">\s*<h2><a[^>]*>([^<]*)</a>', page)


# --- the list -------------------------------------------------------------------------------------


def test_an_empty_organization_offers_the_first_project(instance: Instance) -> None:
    with instance.store.write() as tx:
        actions.archive_project(tx, instance.actor("owner"), instance.project)
    page = instance.browser("owner").get(list_of(instance))
    assert page.status_code == 200
    assert "Create the first project" in text_of(page)
    assert f'href="{list_of(instance)}/new"' in page.text
    archived = text_of(instance.browser("owner").get(list_of(instance), archived="yes"))
    assert "Parcel lookup" in archived
    assert "Archived (1)" in archived


def test_the_list_shows_each_project_with_its_posture(instance: Instance) -> None:
    use(instance)
    use(instance, outcome="rate_limited", rule="key.rate_limits", status=429)
    page = instance.browser("auditor").get(list_of(instance))
    shown = text_of(page)
    assert "Parcel lookup Looks parcels up" in shown
    assert "Sandbox 2 requests in 24 h, 1 denied 1 key, 0 webhooks" in shown
    assert "Production Not there yet" in shown
    assert "Next step Add a webhook endpoint" in shown
    assert BLOCKED in page.text
    assert "Other" not in shown


def test_siblings_share_a_row(instance: Instance) -> None:
    production = give_sibling(instance)
    page = instance.browser("owner").get(list_of(instance))
    assert page.text.count('class="fh-panel fh-project"') == 1
    assert f'href="/projects/{production}"' in page.text
    assert "Not there yet" not in text_of(page)


def test_the_list_is_searched(instance: Instance) -> None:
    make(instance)
    browser = instance.browser("owner")
    found = browser.get(list_of(instance), query="ships").text
    assert rows_of(found) == ["Ship tracker"]
    nothing = browser.get(list_of(instance), query='<b>"x"')
    assert "No project matches" in text_of(nothing)
    assert "<b>" not in nothing.text.partition("No project matches")[2].partition("</section>")[0]
    assert 'value="&lt;b&gt;&#34;x&#34;"' in nothing.text


def test_the_list_is_searched_by_owners(instance: Instance) -> None:
    make(instance)
    with instance.store.write() as tx:
        [member] = [each for each in member_queries.members_of(tx, instance.harbour) if each.role == "auditor"]
        owners = (NewOwner(member.user_id, "technical"),)
        actions.edit_project(tx, instance.actor("owner"), instance.project, ProjectChange(owners=owners), None)
    assert rows_of(instance.browser("owner").get(list_of(instance), query=member.name.upper()).text) == [
        "Parcel lookup"
    ]


def test_the_list_comes_in_pages_with_what_needs_attention_first(
    instance_on_each: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = instance_on_each
    monkeypatch.setattr(listing, "_SHOWN", 2)
    own, _, drifted, _ = [make(instance, name).id for name in ("Its own fails", "Quiet", "Drifted", "Newest")]
    fail(instance, own, "sandbox")
    fail(instance, give_sibling(instance), "production")
    production = give_sibling(instance, drifted)
    with instance.store.write() as tx:
        tx.execute(
            insert(drift_heads).values(
                sandbox_id=drifted, production_id=production, differences=3, unaccepted=1, known=["/labels/purpose"],
                changed_at=clock.now(), owes_mail=False,
            )
        )  # fmt: skip
    browser, address, pages, page = instance.browser("auditor"), list_of(instance), list[list[str]](), ""
    while address:
        page = browser.get(address).text
        pages.append(rows_of(page))
        on = re.search(r'href="([^"]+)">More projects', page)
        address = html.unescape(on[1]) if on else ""
    assert pages == [["Drifted", "Its own fails"], ["Parcel lookup", "Newest"], ["Quiet"]]
    assert "First page</a>" in page
    for foreign in ("x", paging.to_text(paging.Cursor(7, own)), paging.to_text(paging.Cursor("a", own))):
        assert browser.get(list_of(instance), cursor=foreign).status_code == 422
    gone = browser.get(list_of(instance), cursor=paging.to_text(paging.Cursor(0, "proj_0")))
    assert "No more projects" in text_of(gone)


# --- a new project --------------------------------------------------------------------------------


NEW: Fields = {
    "name": "Ship tracker",
    "purpose": "Shows ships",
    "product_line": "Sea",
    "use_case": "",
    "api": "parcels",
}


def test_a_project_is_made_and_goes_on_to_its_scope(instance: Instance) -> None:
    browser = instance.browser("developer")
    owner = instance.users["admin"].id
    made = browser.submit(f"{list_of(instance)}/new", {**NEW, "owner": owner})
    assert made.status_code == 303
    project_id = re.fullmatch(r"/projects/(proj_\w+)/scope", made.headers["location"])
    assert project_id
    project = read(instance, project_id[1])
    assert (project.name, project.purpose, project.product_line, project.environment) == (
        "Ship tracker",
        "Shows ships",
        "Sea",
        "sandbox",
    )
    with instance.store.read() as tx:
        assert [each.user_id for each in queries.owners_of(tx, [project.id])[project.id]] == [owner]
    assert browser.get(made.headers["location"]).status_code == 200


def test_the_form_sent_twice_makes_one_project(instance: Instance) -> None:
    browser = instance.browser("developer")
    path = f"{list_of(instance)}/new"
    hidden = hidden_fields(browser.get(path).text, path)
    first, second = (browser.client.post(path, data={**hidden, **NEW}) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert "Ship tracker" in text_of(browser.get(list_of(instance)))
    with instance.store.read() as tx:
        assert queries.count_projects(tx, instance.harbour)[0] == 2


def test_going_back_and_making_another_works_at_the_second_try(instance: Instance) -> None:
    browser = instance.browser("developer")
    path = f"{list_of(instance)}/new"
    hidden = hidden_fields(browser.get(path).text, path)
    assert browser.client.post(path, data={**hidden, **NEW}).status_code == 303
    again = browser.client.post(path, data={**hidden, **NEW, "name": "Another"})
    assert again.status_code == 409
    assert 'value="Another"' in again.text
    fresh = hidden_fields(again.text, path)
    assert browser.client.post(path, data={**fresh, **NEW, "name": "Another"}).status_code == 303


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"purpose": ""}, "purpose"),
        ({"purpose": "x" * 301}, "purpose"), ({"product_line": "x" * 101}, "product_line"),
        ({"use_case": "x" * 101}, "use_case"), ({"api": "nothing"}, "api"), ({"owner": "usr_nobody"}, "owner"),
    ],
)  # fmt: skip
def test_a_wrong_project_comes_back_as_typed(instance: Instance, change: Fields, message: str) -> None:
    browser = instance.browser("developer")
    answer = browser.submit(f"{list_of(instance)}/new", {**NEW, "use_case": "Support", **change})
    assert answer.status_code == 422
    assert f'id="f-{message}-error"' in answer.text
    typed = {**NEW, "use_case": "Support", **change}
    for name in ("name", "purpose", "product_line", "use_case"):
        field = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', answer.text)
        assert field
        assert field[1] == typed[name]
    assert "autofocus" in answer.text
    with instance.store.read() as tx:
        assert queries.count_projects(tx, instance.harbour)[0] == 1


def test_who_may_not_create_is_told_why(instance: Instance) -> None:
    for who in ("auditor", "billing"):
        browser = instance.browser(who)
        page = browser.get(f"{list_of(instance)}/new")
        assert BLOCKED in text_of(page)
        assert browser.post(f"{list_of(instance)}/new", NEW).status_code == 403


# --- overview -------------------------------------------------------------------------------------


def overview(instance: Instance, who: str = "owner", project_id: str = "") -> str:
    page = instance.browser(who).get(f"/projects/{project_id or instance.project}")
    assert page.status_code == 200
    return text_of(page)


def test_the_overview_names_the_next_step_at_each_point_of_the_journey(instance: Instance) -> None:
    project = make(instance)
    owner, browser = instance.actor("owner"), instance.browser("owner")

    def step(title: str, done: int, path: str) -> None:
        page = browser.get(f"/projects/{project.id}")
        shown = text_of(page)
        assert f"Next step {title}" in shown
        assert f"{done} of 5" in shown
        assert f'href="/projects/{project.id}{path}"' in page.text

    step("Declare what the project uses", 0, "/scope")
    with instance.store.write() as tx:
        actions.set_scope(tx, owner, project.id, Scope(["get_parcel"], ["parcel.moved"]))
    step("Issue the first key", 1, "/keys/new")
    with instance.store.write() as tx:
        issued = keys.issue_key(tx, owner, instance.secret, "fh", project.id, KeySettings("web"))
    key_id = issued.detail.key.id
    step("Make the first protected call", 2, f"/keys/{key_id}")
    event = use(instance, timedelta(seconds=1), project_id=project.id, key_id=key_id)
    step("Add a webhook endpoint", 3, "/webhooks/new")
    assert f'href="/projects/{project.id}/requests/{event.id}"' in browser.get(f"/projects/{project.id}").text
    hook = add_webhook(instance, project.id)
    step("Send a signed test event", 4, f"/webhooks/{hook}")
    delivery = accept_test_event(instance, hook)
    page = browser.get(f"/projects/{project.id}")
    assert "Next step Ask for production access" in text_of(page)
    assert "5 of 5 Every step is proven" in text_of(page)
    assert f'href="/projects/{project.id}/deliveries/{delivery}"' in page.text


def add_webhook(instance: Instance, project_id: str) -> str:
    with instance.store.write() as tx:
        wanted = EndpointSettings("http://127.0.0.1:1025/hooks", ("parcel.moved",))
        made = webhooks.create_endpoint(
            tx, instance.actor("owner"), instance.secret, instance.settings, project_id, wanted
        )
        return made.endpoint.id


def accept_test_event(instance: Instance, endpoint_id: str) -> str:
    """A signed test event that the receiver answered with success."""
    with instance.store.write() as tx:
        dispatch = delivery_actions.prepare_test(tx, instance.actor("owner"), endpoint_id)
        now = clock.now()
        sent = request_of(dispatch, instance.secret, now)
        timing = Timing(dns_us=1, connect_us=1, first_byte_us=1, total_us=3)
        result = AttemptResult("accepted", 204, None, "192.0.2.7", timing, (), b"")
        queue.record_attempt(tx, dispatch, sent, now, result, 0.0)
        return dispatch.delivery_id


def test_the_overview_shows_usage_activity_ownership_and_what_it_owns(instance: Instance) -> None:
    use(instance)
    use(instance, status=503)
    use(instance, outcome="endpoint_unknown", rule="api.catalogue", endpoint=None, status=404)
    shown = overview(instance)
    assert "3 requests 0 throttled, 1 denied, 1 failed" in shown
    assert "Keys 1 serving" in shown
    assert "Usage 3 requests in 24 h" in shown
    assert "owner@example.com changed the scope of Parcel lookup" in shown
    assert "owner@example.com issued key first" in shown
    assert "Production will need a second technical owner" in shown
    assert "get_parcel list_parcels" in shown


def test_the_overview_has_a_call_to_paste_for_the_declared_scope(instance: Instance) -> None:
    page = instance.browser("owner").get(at(instance))
    assert "/gateway/parcels/parcels" in page.text
    assert "$FREEHOLD_KEY" in page.text
    assert "fh_test_" not in page.text


def test_every_role_reads_the_overview_and_is_told_what_is_blocked(instance: Instance) -> None:
    use(instance)
    for who in ("admin", "developer"):
        assert BLOCKED not in overview(instance, who)
    for who in ("billing", "auditor"):
        page = instance.browser(who).get(at(instance))
        assert page.status_code == 200
        assert BLOCKED in page.text


def test_an_archived_project_says_so_and_how_to_bring_it_back(instance: Instance) -> None:
    with instance.store.write() as tx:
        actions.archive_project(tx, instance.actor("owner"), instance.project)
    page = instance.browser("owner").get(at(instance))
    assert "Restore the project" in text_of(page)
    assert f'href="{at(instance, "/settings#restore")}"' in page.text
    assert 'id="restore"' in instance.browser("owner").get(at(instance, "/settings")).text


def test_siblings_lead_to_each_other_and_say_their_environment(instance: Instance) -> None:
    production = give_sibling(instance)
    browser = instance.browser("owner")
    sandbox_page, production_page = browser.get(at(instance)), browser.get(f"/projects/{production}")
    assert f'href="/projects/{production}"' in sandbox_page.text
    assert f'href="{at(instance)}"' in production_page.text
    assert "favicon-sandbox" in sandbox_page.text
    assert "favicon-production" in production_page.text


# --- scope ----------------------------------------------------------------------------------------


def ticked(page: str, name: str) -> list[str]:
    boxes = re.findall(rf'<input type="checkbox" name="{name}" value="([^"]+)"([^>]*)>', page)
    return [value for value, rest in boxes if "checked" in rest]


def test_the_scope_page_shows_what_is_declared_and_what_was_observed(instance: Instance) -> None:
    use(instance, timedelta(minutes=3))
    use(instance, timedelta(minutes=3))
    use(instance, timedelta(minutes=2), endpoint="create_parcel", method="POST", path="/parcels",
        outcome="endpoint_not_in_scope", rule="project.scope", status=403)  # fmt: skip
    page = instance.browser("owner").get(at(instance, "/scope"))
    shown = text_of(page)
    assert "2 of 3 declared, 1 never called" in shown
    assert "2 requests by 1 key, last" in shown
    assert "1 request in 30 days went to endpoints that are not declared, and were denied." in shown
    assert "1 request denied , last" in shown
    assert "Never called" in shown
    assert "No webhook endpoint receives it" in shown
    assert ticked(page.text, "endpoints") == ["get_parcel", "list_parcels"]
    assert ticked(page.text, "event_types") == ["parcel.moved"]


def test_a_scope_is_saved_whole(instance: Instance) -> None:
    browser = instance.browser("developer")
    saved = browser.submit(at(instance, "/scope"), {"endpoints": ["create_parcel"], "event_types": ["parcel.lost"]})
    assert saved.status_code == 303
    assert saved.headers["location"].startswith(at(instance, "/scope?done=scope-saved&confirmed_by=0&"))
    page = browser.get(saved.headers["location"])
    assert "The scope is saved" in text_of(page)
    assert ticked(page.text, "endpoints") == ["create_parcel"]
    assert ticked(page.text, "event_types") == ["parcel.lost"]


def test_the_first_scope_leads_to_the_first_key(instance: Instance) -> None:
    project = make(instance)
    saved = instance.browser("developer").submit(f"/projects/{project.id}/scope", {"endpoints": ["get_parcel"]})
    assert saved.headers["location"].startswith(f"/projects/{project.id}/keys/new?done=scope-saved&")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"endpoints": ["get_parcel", "nothing"]}, "The catalogue has no endpoint 'nothing'."),
        ({"event_types": ["parcel.eaten"]}, "The catalogue has no event type 'parcel.eaten'."),
    ],
)
def test_what_the_catalogue_lacks_is_refused_and_the_ticks_stay(
    instance: Instance, fields: Fields, message: str
) -> None:
    answer = instance.browser("developer").submit(at(instance, "/scope"), fields)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert ticked(answer.text, "endpoints") == [each for each in fields.get("endpoints", ()) if each != "nothing"]
    with instance.store.read() as tx:
        assert queries.scope_of(tx, instance.project).endpoints == ["get_parcel", "list_parcels"]


def test_who_may_not_edit_the_scope_is_told_why(instance: Instance) -> None:
    browser = instance.browser("auditor")
    page = browser.get(at(instance, "/scope"))
    assert BLOCKED in text_of(page)
    assert browser.post(at(instance, "/scope"), {"endpoints": ["get_parcel"]}).status_code == 403


def test_an_archived_projects_scope_is_shown_and_closed(instance: Instance) -> None:
    with instance.store.write() as tx:
        actions.archive_project(tx, instance.actor("owner"), instance.project)
    browser = instance.browser("owner")
    assert "The project is archived: restore it first." in text_of(browser.get(at(instance, "/scope")))
    refused = browser.post(at(instance, "/scope"), {"endpoints": ["get_parcel"]})
    assert refused.status_code == 409
    assert "The project is archived." in text_of(refused)


# --- settings -------------------------------------------------------------------------------------


LABELS: Fields = {"name": "Parcels of today", "purpose": "Shows parcels", "product_line": "Land", "use_case": "Counter"}


def save(browser: Browser, instance: Instance, act: str, fields: Fields) -> tuple[int, str]:
    answer = browser.submit(at(instance, act), fields, at(instance, "/settings"))
    return answer.status_code, answer.headers.get("location", "") or text_of(answer)


def test_labels_are_changed(instance: Instance) -> None:
    browser = instance.browser("developer")
    assert save(browser, instance, "/settings", LABELS) == (303, at(instance, "/settings?done=saved"))
    project = read(instance)
    assert (project.name, project.purpose, project.product_line, project.use_case) == tuple(LABELS.values())
    cleared = {**LABELS, "product_line": "", "use_case": " "}
    assert save(browser, instance, "/settings", cleared)[0] == 303
    assert (read(instance).product_line, read(instance).use_case) == (None, None)


def test_wrong_labels_come_back_as_typed(instance: Instance) -> None:
    browser = instance.browser("developer")
    answer = browser.submit(at(instance, "/settings"), {**LABELS, "name": "", "purpose": "x" * 301})
    assert answer.status_code == 422
    assert 'id="f-name-error"' in answer.text
    assert 'id="f-purpose-error"' in answer.text
    assert f'value="{"x" * 301}"' in answer.text
    assert 'value="Counter"' in answer.text
    assert read(instance).name == "Parcel lookup"


def test_labels_seen_before_somebody_changed_them_change_nothing(instance: Instance) -> None:
    browser = instance.browser("developer")
    path = at(instance, "/settings")
    seen = hidden_fields(browser.get(path).text, path)
    assert browser.submit(path, LABELS).status_code == 303
    stale = browser.client.post(path, data={**seen, **LABELS, "name": "Overwritten"})
    assert stale.status_code == 412
    assert 'value="Overwritten"' in stale.text
    assert "changed" in text_of(stale)
    assert read(instance).name == "Parcels of today"
    # The page that came back shows the newer revision: sent again, it counts.
    assert browser.client.post(path, data={**hidden_fields(stale.text, path), **LABELS}).status_code == 303


def test_owners_are_named_for_each_duty(instance: Instance) -> None:
    browser = instance.browser("admin")
    user = {who: instance.users[who].id for who in ("owner", "developer", "billing", "auditor")}
    fields: Fields = {
        "technical": [user["owner"], user["developer"]],
        "billing": [user["billing"]],
        "audit": [user["auditor"]],
    }
    assert save(browser, instance, "/settings/owners", fields) == (303, at(instance, "/settings?done=saved"))
    page = browser.get(at(instance, "/settings")).text
    assert set(ticked(page, "technical")) == {user["owner"], user["developer"]}
    assert (ticked(page, "billing"), ticked(page, "audit")) == ([user["billing"]], [user["auditor"]])
    assert "2 technical owners, billing named" in overview(instance)


def test_a_project_keeps_a_technical_owner(instance: Instance) -> None:
    billing = instance.users["billing"].id
    status, shown = save(instance.browser("admin"), instance, "/settings/owners", {"billing": [billing]})
    assert status == 422
    assert "Name at least one technical owner." in shown
    nobody: Fields = {"technical": ["usr_nobody"], "billing": [billing]}
    answer = instance.browser("admin").submit(at(instance, "/settings/owners"), nobody, at(instance, "/settings"))
    assert answer.status_code == 422
    assert "No member of the organization has this id or address." in text_of(answer)
    assert ticked(answer.text, "billing") == [billing]


def test_an_owner_who_has_left_is_not_kept_by_the_page(instance: Instance) -> None:
    with instance.store.write() as tx:
        member_queries.delete_member(tx, instance.harbour, instance.users["owner"].id)
    page = instance.browser("admin").get(at(instance, "/settings"))
    assert page.status_code == 200
    assert instance.users["owner"].id not in page.text


LIMITS: Fields = {
    "rate_0_name": "requests", "rate_0_limit": "3000", "rate_0_window_s": "60", "rate_3_name": "burst", "rate_3_limit": "90",
    "rate_3_window_s": "1", "quota_limit": "1000000", "quota_period": "month",
}  # fmt: skip


def test_limits_are_set_shown_and_taken_away(instance: Instance) -> None:
    browser = instance.browser("developer")
    assert "None: only the keys' own limits count." in text_of(browser.get(at(instance, "/settings")))
    status, location = save(browser, instance, "/settings/limits", LIMITS)
    assert status == 303
    assert location.startswith(at(instance, "/settings?done=limits-saved&confirmed_by=0&silent=0&"))
    project = read(instance)
    assert project.rate_limits == (RateLimit("requests", 3000, 60), RateLimit("burst", 90, 1))
    assert project.quota == Quota(1_000_000, "month")
    page = browser.get(location)
    shown = text_of(page)
    assert "The limits are saved." in shown
    assert "requests 3,000 per minute burst 90 per second Quota 1,000,000 in each month 0 used 1,000,000 left" in shown
    for kept in ('name="rate_1_name" value="burst"', 'name="quota_limit" value="1000000"'):
        assert kept in page.text
    emptied = {name: "" for name in LIMITS if not name.endswith(("window_s", "period"))}
    assert save(browser, instance, "/settings/limits", {**emptied, "rate_1_name": "", "rate_1_limit": ""})[0] == 303
    assert (read(instance).rate_limits, read(instance).quota) == ((), None)


def test_wrong_limits_come_back_as_typed(instance: Instance) -> None:
    wrong = {**LIMITS, "rate_3_name": "Bursts", "quota_limit": "none"}
    answer = instance.browser("admin").submit(at(instance, "/settings/limits"), wrong, at(instance, "/settings"))
    assert answer.status_code == 422
    assert 'id="l-quota_limit-error"' in answer.text
    assert 'name="rate_3_name" value="Bursts"' in answer.text
    again = {**wrong, "quota_limit": "5"}
    answer = instance.browser("admin").submit(at(instance, "/settings/limits"), again, at(instance, "/settings"))
    assert 'id="l-rate_3_name-error"' in answer.text
    assert read(instance).rate_limits == ()


def test_limits_seen_before_somebody_changed_the_project_change_nothing(instance: Instance) -> None:
    browser = instance.browser("developer")
    seen = str(read(instance).revision)
    assert save(browser, instance, "/settings", LABELS)[0] == 303
    form = hidden_fields(browser.get(at(instance, "/settings")).text, at(instance, "/settings/limits"))
    stale = browser.client.post(at(instance, "/settings/limits"), data={**form, **LIMITS, "revision": seen})
    assert stale.status_code == 412
    assert 'name="rate_3_name" value="burst"' in stale.text
    assert read(instance).quota is None


def test_archiving_asks_for_the_name_and_restoring_brings_back(instance: Instance) -> None:
    browser = instance.browser("developer")
    settings = at(instance, "/settings")
    wrong = browser.submit(at(instance, "/archive"), {"confirm": "Parcel looku"}, settings)
    assert wrong.status_code == 422
    assert "exactly as it is shown" in text_of(wrong)
    assert 'value="Parcel looku"' in wrong.text
    assert read(instance).state == "active"
    assert "Every key of the project is refused at once" in text_of(wrong)
    done = browser.submit(at(instance, "/archive"), {"confirm": "Parcel lookup"}, settings)
    assert done.headers["location"].startswith(f"{settings}?done=archived&confirmed_by=0&silent=0&")
    assert read(instance).state == "archived"
    assert "The project is archived." in text_of(browser.get(done.headers["location"]))
    back = browser.submit(at(instance, "/restore"), {}, settings)
    assert back.headers["location"].startswith(f"{settings}?done=restored&confirmed_by=0&")
    assert read(instance).state == "active"


def test_an_archived_projects_labels_are_shown_and_closed(instance: Instance) -> None:
    with instance.store.write() as tx:
        actions.archive_project(tx, instance.actor("owner"), instance.project)
    browser = instance.browser("developer")
    assert "The project is archived: restore it first." in text_of(browser.get(at(instance, "/settings")))
    assert browser.submit(at(instance, "/settings"), LABELS).status_code == 409
    assert read(instance).name == "Parcel lookup"


def test_who_may_not_change_settings_is_told_why(instance: Instance) -> None:
    browser = instance.browser("auditor")
    page = browser.get(at(instance, "/settings"))
    assert text_of(page).count(BLOCKED) == 4
    buttons = re.findall(r'<button[^>]*data-variant="destructive"[^>]*>', page.text)
    assert buttons
    assert all("disabled" in button for button in buttons)
    revision = str(read(instance).revision)
    for act, fields in (
        ("/settings", {**LABELS, "revision": revision}),
        ("/settings/owners", {"technical": instance.users["owner"].id, "revision": revision}),
        ("/settings/limits", {"quota_limit": "5", "quota_period": "day", "revision": revision}),
        ("/archive", {"confirm": "Parcel lookup"}),
        ("/restore", {}),
    ):
        assert browser.post(at(instance, act), fields).status_code == 403
    assert read(instance).state == "active"


# --- every page -----------------------------------------------------------------------------------

PAGES = ("", "/scope", "/settings")
FORMS = ("/scope", "/settings", "/settings/owners", "/settings/limits", "/archive", "/restore")


def test_a_form_without_its_token_changes_nothing(instance: Instance) -> None:
    browser = instance.browser("owner")
    before = read(instance)
    for path in [at(instance, form) for form in FORMS] + [f"{list_of(instance)}/new"]:
        for token in ("", "0" * 64):
            answer = browser.post(path, {**NEW, "csrf_token": token, "confirm": "Parcel lookup", "revision": "1"})
            assert answer.status_code == 403
            assert "The form has expired" in text_of(answer)
    assert read(instance) == before


def test_other_organizations_projects_are_not_there(instance: Instance) -> None:
    browser = instance.browser("owner")
    for project_id in (instance.foreign_project, "proj_nothing"):
        for path in PAGES:
            assert browser.get(f"/projects/{project_id}{path}").status_code == 404
        for form in FORMS:
            assert browser.post(f"/projects/{project_id}{form}", {**NEW, "confirm": "Parcel lookup"}).status_code == 404
    for path in (f"/organizations/{instance.elsewhere}/projects", f"/organizations/{instance.elsewhere}/projects/new"):
        assert browser.get(path).status_code == 404
    assert browser.post(f"/organizations/{instance.elsewhere}/projects/new", NEW).status_code == 404


def test_the_pages_ask_strangers_to_sign_in(instance: Instance) -> None:
    client = instance.client()
    for path in [at(instance, page) for page in PAGES] + [list_of(instance)]:
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")
