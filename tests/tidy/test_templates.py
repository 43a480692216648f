"""The dashboard's templates: a strict policy holds on every page, forms are guarded, names exist, links lead somewhere."""

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from freehold.dashboard import static_files
from freehold.dashboard.policy import content_security_policy, new_nonce
from freehold.dashboard.templating import TEMPLATES, environment, render_page, render_part
from freehold.dashboard.views.account import SignInView
from freehold.dashboard.views.form import Form, refused
from freehold.errors import FieldError, Problem, invalid
from freehold.reports.readable import writing
from tests.tidy.sample_pages import PAGES
from tests.tidy.samples.frame import shell

SOURCES = sorted(TEMPLATES.rglob("*.j2"))
VENDOR = static_files.FOLDER / "vendor"

# Every address that a page or form may lead to: one pattern each, ids as {}.
ADDRESSES = [
    "/",
    "/setup",
    "/sign-in",
    "/sign-out",
    "/invitation",
    "/account",
    "/account/password",
    "/account/sign-out-everywhere",
    "/account/sessions/{}/end",
    "/organizations/{}/delete",
    "/organizations/{}/restore",
    "/kept",
    "/kept/person",
    "/kept/{}",
    "/people/{}/delete",
    "/access_requests",
    "/access_requests/{}",
    "/access_requests/{}/approve",
    "/access_requests/{}/ask_for_changes",
    "/access_requests/{}/comment",
    "/access_requests/{}/deny",
    "/apis",
    "/apis/new",
    "/apis/{}",
    "/apis/{}/fail_open",
    "/apis/{}/fail_closed",
    "/apis/{}/openapi",
    "/apis/{}/readiness",
    "/apis/{}/readiness/checks/{}",
    "/apis/{}/readiness/checks/{}/remove",
    "/organizations/new",
    "/organizations/{}/settings",
    "/organizations/{}/projects",
    "/organizations/{}/projects/new",
    "/organizations/{}/members",
    "/organizations/{}/members/invite",
    "/organizations/{}/usage",
    "/organizations/{}/prices",
    "/prices",
    "/prices/new",
    "/prices/{}",
    "/prices/{}/withdraw",
    "/usage",
    "/organizations/{}/members/{}/role",
    "/organizations/{}/members/{}/remove",
    "/organizations/{}/invitations/{}/withdraw",
    "/organizations/{}/tokens",
    "/organizations/{}/tokens/own",
    "/organizations/{}/tokens/service",
    "/organizations/{}/tokens/{}/revoke",
    "/organizations/{}/audit",
    "/organizations/{}/export",
    "/organizations/{}/export/live",
    "/organizations/{}/reports",
    "/organizations/{}/reports/schedules",
    "/organizations/{}/reports/schedules/new",
    "/organizations/{}/reports/schedules/{}",
    "/organizations/{}/reports/schedules/{}/pause",
    "/organizations/{}/reports/schedules/{}/resume",
    "/organizations/{}/reports/schedules/{}/run",
    "/organizations/{}/reports/schedules/{}/delete",
    "/organizations/{}/reports/{}",
    "/organizations/{}/reports/live",
    "/organizations/{}/reports/{}/file",
    "/organizations/{}/reports/{}/preview",
    "/organizations/{}/reports/{}/live",
    "/organizations/{}/reports/{}/cancel",
    "/projects/{}/reports",
    "/projects/{}/reports/schedules",
    "/projects/{}/reports/schedules/new",
    "/projects/{}/reports/schedules/{}",
    "/projects/{}/reports/schedules/{}/pause",
    "/projects/{}/reports/schedules/{}/resume",
    "/projects/{}/reports/schedules/{}/run",
    "/projects/{}/reports/schedules/{}/delete",
    "/projects/{}/reports/{}",
    "/projects/{}/reports/live",
    "/projects/{}/reports/{}/file",
    "/projects/{}/reports/{}/preview",
    "/projects/{}/reports/{}/live",
    "/projects/{}/reports/{}/cancel",
    "/organizations/{}/audit/proof",
    "/organizations/{}/audit/forwarding",
    "/organizations/{}/audit/forwarding/{}",
    "/organizations/{}/audit/forwarding/{}/{}",
    "/audit",
    "/audit/proof",
    "/audit/forwarding",
    "/audit/forwarding/{}",
    "/audit/forwarding/{}/{}",
    "/projects/{}",
    "/projects/{}/scope",
    "/projects/{}/settings",
    "/projects/{}/settings/owners",
    "/projects/{}/settings/limits",
    "/projects/{}/archive",
    "/projects/{}/restore",
    "/projects/{}/keys",
    "/projects/{}/keys/new",
    "/projects/{}/keys/declared/{}/withdraw",
    "/projects/{}/keys/{}",
    "/projects/{}/keys/{}/revoke",
    "/projects/{}/keys/{}/rotate",
    "/projects/{}/keys/{}/secrets/{}",
    "/projects/{}/keys/{}/secrets/{}/retire",
    "/projects/{}/keys/{}/live",
    "/projects/{}/webhooks",
    "/projects/{}/webhooks/new",
    "/projects/{}/webhooks/{}",
    "/projects/{}/webhooks/{}/check",
    "/projects/{}/webhooks/{}/check/live",
    "/projects/{}/webhooks/{}/clock",
    "/projects/{}/inbox",
    "/projects/{}/inbox/clear",
    "/projects/{}/inbox/live",
    "/projects/{}/webhooks/{}/test",
    "/projects/{}/webhooks/{}/delete",
    "/projects/{}/webhooks/{}/pause",
    "/projects/{}/webhooks/{}/resume",
    "/projects/{}/webhooks/{}/rotate",
    "/projects/{}/webhooks/{}/metrics",
    "/projects/{}/webhooks/{}/replays",
    "/projects/{}/webhooks/{}/recover",
    "/projects/{}/deliveries/{}/replay",
    "/projects/{}/replays/{}",
    "/projects/{}/event_types",
    "/projects/{}/event_types/{}",
    "/projects/{}/event_types/{}/send",
    "/projects/{}/replays/{}/live",
    "/projects/{}/replays/{}/cancel",
    "/projects/{}/alerts",
    "/projects/{}/alerts/new",
    "/projects/{}/alerts/channels",
    "/projects/{}/alerts/channels/{}/delete",
    "/projects/{}/alerts/firings/{}",
    "/projects/{}/alerts/firings/{}/acknowledge",
    "/projects/{}/alerts/{}",
    "/projects/{}/alerts/{}/mute",
    "/projects/{}/alerts/{}/test",
    "/projects/{}/alerts/{}/delete",
    "/projects/{}/bindings",
    "/projects/{}/clone",
    "/projects/{}/drift",
    "/projects/{}/drift/plan",
    "/projects/{}/drift/promote",
    "/projects/{}/drift/revert",
    "/projects/{}/drift/accept",
    "/projects/{}/drift/withdraw",
    "/projects/{}/lock",
    "/projects/{}/unlock",
    "/projects/{}/production",
    "/projects/{}/shape/file",
    "/projects/{}/history",
    "/projects/{}/history/{}",
    "/projects/{}/history/{}/restore",
    "/projects/{}/production/answer",
    "/projects/{}/production/comment",
    "/projects/{}/production/withdraw",
    "/projects/{}/readiness",
    "/projects/{}/readiness/attest",
    "/projects/{}/readiness/run",
    "/projects/{}/readiness/accept",
    "/projects/{}/readiness/attestations/{}/withdraw",
    "/projects/{}/readiness/acceptances/{}/withdraw",
    "/projects/{}/deliveries/{}",
    "/projects/{}/deliveries/{}/live",
    "/projects/{}/messages",
    "/projects/{}/messages/{}",
    "/projects/{}/usage",
    "/projects/{}/usage/export.csv",
    "/projects/{}/metered_events",
    "/projects/{}/requests",
    "/projects/{}/requests/export.csv",
    "/projects/{}/requests/{}",
]
KNOWN = re.compile("|".join(re.escape(address).replace(r"\{\}", "[^/?#]+") for address in ADDRESSES))

# Attributes that run script, or htmx values that are evaluated.
FORBIDDEN = {
    "an inline style": r"\sstyle\s*=|<style\b",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "hx-on": r"\bhx-on\b",
    "a js: or javascript: value": r"[\"']\s*(?:js|javascript):",
    "a trigger filter": r"hx-trigger=\"[^\"]*\[",
    "markup that is not escaped": r"\|\s*safe\b|autoescape",
    "a file of another host": r"(?:src|href|action)=\"(?:https?:)?//",
}


class Page(HTMLParser):
    """A rendered page as lists of its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[dict[str, str]] = []
        self.form_fields: list[list[dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "form":
            self.forms.append(attributes)
            self.form_fields.append([])
        elif tag in ("input", "select", "textarea") and self.form_fields:
            self.form_fields[-1].append(attributes)


@pytest.fixture(scope="module", params=sorted(PAGES))
def name(request: pytest.FixtureRequest) -> str:
    """The name of a sample page."""
    text: str = request.param
    return text


@pytest.fixture(scope="module")
def rendered(name: str) -> Page:
    """A sample page, rendered and parsed."""
    return Page(render_page(*PAGES[name]))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_runs_script_or_styles_inline(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize(("text", "what"), [
    ('<p style="color:red">', "an inline style"), ("<script>x</script>", "an inline script"), ('<a onclick="x">', "an inline handler"),
    ('<a hx-on:click="x">', "hx-on"), ('<a href="javascript:x">', "a js: or javascript: value"), ("{{ x | safe }}", "markup that is not escaped"),
    ('<a hx-trigger="click[ctrlKey]">', "a trigger filter"), ('<img src="https://elsewhere.example/x">', "a file of another host"),
])  # fmt: skip
def test_the_patterns_find_what_they_are_for(text: str, what: str) -> None:
    assert re.search(FORBIDDEN[what], text)


def test_every_template_of_a_page_has_a_sample() -> None:
    pages = {str(path.relative_to(TEMPLATES).as_posix()) for path in SOURCES if "{% extends" in path.read_text()}
    assert pages - {sample.template for sample in PAGES.values()} == {"base.html.j2", "bare.html.j2"}


def test_every_form_is_guarded_and_goes_somewhere(rendered: Page) -> None:
    for attributes, fields in zip(rendered.forms, rendered.form_fields, strict=True):
        assert attributes.get("method") in ("get", "post"), attributes
        assert attributes.get("action"), attributes
        tokens = [field["value"] for field in fields if field.get("name") == "csrf_token"]
        assert tokens == (["c5rf" * 8] if attributes["method"] == "post" else []), attributes


def test_every_link_and_form_leads_to_a_known_page(rendered: Page) -> None:
    targets = [
        attributes.get(key, "")
        for _, attributes in rendered.elements
        for key in ("href", "action", "data-live-url", "hx-get")
    ]
    inside = {
        target.partition("?")[0].partition("#")[0]
        for target in targets
        if target.startswith("/") and not target.startswith("/static/")
    }
    assert [target for target in sorted(inside) if not KNOWN.fullmatch(target)] == []


def test_fragments_name_elements_of_the_page(rendered: Page) -> None:
    ids = {attributes["id"] for _, attributes in rendered.elements if "id" in attributes}
    wanted = [
        part.removeprefix("#")
        for _, attributes in rendered.elements
        for key in (
            "href",
            "for",
            "aria-labelledby",
            "aria-describedby",
            "aria-controls",
            "data-copy-from",
            "popovertarget",
            "hx-target",
            "list",
        )
        for part in attributes.get(key, "").split()
        if key != "href" or part.startswith("#")
    ]
    assert sorted(set(wanted) - ids) == []


def test_ids_are_there_once(rendered: Page) -> None:
    ids = [attributes["id"] for _, attributes in rendered.elements if "id" in attributes]
    assert sorted({each for each in ids if ids.count(each) > 1}) == []


def test_every_class_is_styled(rendered: Page) -> None:
    known = set(
        re.findall(r"\.([A-Za-z][\w-]*)", stylesheet("fh.css") + stylesheet("vendor/basecoat-nova.cdn.min.css"))
    )
    used = {each for _, attributes in rendered.elements for each in attributes.get("class", "").split()}
    assert sorted(used - known) == []


def stylesheet(name: str) -> str:
    found = static_files.static_file(static_files.static_url(name).removeprefix("/static/"))
    assert found is not None
    return found.body.decode()


def test_our_own_classes_carry_our_prefix(rendered: Page) -> None:
    theirs = {"btn", "input", "select", "textarea", "command", "command-dialog"}
    used = {each for _, attributes in rendered.elements for each in attributes.get("class", "").split()}
    assert sorted(each for each in used - theirs if not each.startswith("fh-")) == []


def test_only_one_field_takes_the_focus(rendered: Page) -> None:
    assert (
        sum("autofocus" in attributes for _, attributes in rendered.elements) <= 2
    )  # two forms of one page can both be wrong


def test_htmx_attributes_carry_the_nonce(rendered: Page) -> None:
    for tag, attributes in rendered.elements:
        if any(each.startswith("hx-") for each in attributes):
            assert attributes.get("hx-nonce") == "bm9uY2Vub25jZQ", (tag, attributes)


def test_the_environment_is_named_inside_a_project_and_nowhere_else(name: str, rendered: Page) -> None:
    project = PAGES[name].shell.project
    classes = [attributes.get("class", "") for tag, attributes in rendered.elements if tag == "aside"]
    document = next(attributes for tag, attributes in rendered.elements if tag == "html")
    assert ("fh-envbar" in classes) == (project is not None)
    assert document.get("data-env") == (project.environment if project else None)


def test_what_a_person_typed_is_escaped() -> None:
    html = render_page(*PAGES["projects"])
    assert "Opening hours &lt;b&gt;" in html
    assert "Opening hours <b>" not in html


def test_what_a_receiver_answered_is_escaped() -> None:
    html = render_page(*PAGES["delivery-refused"])
    assert "&lt;b&gt;v1&lt;/b&gt;" in html
    assert "<b>v1</b>" not in html


def test_the_part_that_waits_can_be_rendered_alone() -> None:
    for sample, waits in (
        (PAGES["key-issued"], True),
        (PAGES["key-issued-called"], False),
        (PAGES["delivery-waiting"], True),
        (PAGES["delivery"], False),
    ):
        part = Page(render_part(sample.template, "live", sample.shell, sample.view))
        assert ("data-live-url" in part.elements[0][1]) is waits


def test_a_secret_is_on_the_page_that_issued_it_and_not_in_its_live_part() -> None:
    sample = PAGES["key-issued"]
    assert sample.view.secret in render_page(*sample)
    assert sample.view.secret not in render_part(sample.template, "live", sample.shell, sample.view)


def test_a_password_never_comes_back() -> None:
    form = Form(
        {"email": "a@example.com", "password": "correct horse battery"}, {}, "E-mail address or password is wrong."
    )
    html = render_page("account/sign_in.html.j2", shell("", inside=False, signed_in=False), SignInView(form=form))
    assert "a@example.com" in html
    assert "correct horse" not in html


def test_messages_stand_beside_their_fields_and_the_first_takes_the_focus() -> None:
    page = Page(render_page(*PAGES["key-new-wrong"]))
    named = {attributes.get("name", ""): attributes for tag, attributes in page.elements if tag == "input"}
    assert named["name"]["aria-invalid"] == "true"
    assert named["name"]["aria-describedby"].split() == ["f-name-hint", "f-name-error"]
    assert "autofocus" in named["name"]
    assert named["rate_0_limit"]["value"] == "many"
    assert "autofocus" not in named["rate_0_limit"]
    assert named["idempotency_key"]["value"] == "once-1"


def test_a_problem_becomes_messages_by_field() -> None:
    form = refused(
        invalid(FieldError("owners.0.user", "Nobody has this id."), FieldError("owners", "Second.")), {"name": "x"}
    )
    assert (form.error("owners"), form.error("name"), form.message, form.value("name")) == (
        "Nobody has this id.",
        "",
        None,
        "x",
    )


def test_a_problem_without_fields_stands_above_the_form() -> None:
    assert refused(Problem("conflict", "Somebody else was first."), {}).message == "Somebody else was first."


def test_every_icon_that_is_named_exists() -> None:
    named = {each for path in SOURCES for each in re.findall(r'icon\("([a-z0-9-]+)"', path.read_text())}
    assert sorted(named - static_files.icons().keys()) == []


def test_vendored_files_are_what_the_manifest_says() -> None:
    entries = {entry["file"]: entry for entry in static_files.manifest()}
    files = {path.name for path in VENDOR.iterdir()} - {"manifest.json"}
    assert set(entries) == files
    for file, entry in entries.items():
        assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == entry["sha256"], file
        assert entry["licence"], file
        assert entry["version"], file


def test_the_fonts_of_readable_reports_are_what_their_manifest_says() -> None:
    folder = Path(writing.__file__).parent / "fonts"
    entries = {entry["file"]: entry for entry in json.loads((folder / "manifest.json").read_text())}
    assert set(entries) == {path.name for path in folder.iterdir()} - {"manifest.json"}
    for file, entry in entries.items():
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == entry["sha256"], file
        assert entry["licence"] == "SIL OPEN FONT LICENSE"


def test_static_addresses_hold_one_digest_and_old_ones_still_answer() -> None:
    address = static_files.static_url("fh.css")
    found = static_files.static_file(address.removeprefix("/static/"))
    assert found is not None
    assert (found.content_type, found.cache_control) == (
        "text/css; charset=utf-8",
        "public, max-age=31536000, immutable",
    )
    stale = static_files.static_file("0123456789abcdef/fh.css")
    assert stale is not None
    assert (stale.body, stale.cache_control) == (found.body, "no-cache")


@pytest.mark.parametrize("path", ["", "fh.css", "x/../policy.py", "x/css/tokens.css", "x/nothing.css", "x//etc/passwd"])
def test_nothing_but_the_static_files_is_served(path: str) -> None:
    assert static_files.static_file(path) is None


def test_fonts_that_the_styles_name_are_there() -> None:
    for name in re.findall(r'url\("([^"]+)"\)', stylesheet("fh.css")):
        assert static_files.static_url(name)


def test_the_policy_is_strict_and_a_part_adds_its_nonce_alone() -> None:
    plain = content_security_policy()
    assert plain == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert content_security_policy("abc").replace(" 'nonce-abc'", "") == plain
    assert new_nonce() != new_nonce()


def test_a_missing_value_is_an_error_not_an_empty_place() -> None:
    assert environment().undefined.__name__ == "StrictUndefined"


def test_times_are_marked_up_in_utc() -> None:
    page = Page(render_page(*PAGES["request-served"]))
    times = [attributes for tag, attributes in page.elements if tag == "time"]
    assert times
    assert all(attributes["datetime"].endswith("Z") and "UTC" in attributes["title"] for attributes in times)
