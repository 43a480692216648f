import pytest

from tests.http.served import DOCUMENT, Instance, text_of


def test_the_list_says_what_each_api_has(instance: Instance) -> None:
    page = text_of(instance.browser("operator").get("/apis"))
    assert "Parcels /gateway/parcels" in page
    assert "3 endpoints, 2 events http://127.0.0.1:9 – 2" in page


def test_an_api_is_registered_once(instance: Instance) -> None:
    browser = instance.browser("operator")
    fields = {"name": "Ships", "slug": "", "upstream_sandbox": "http://s.example/v1/", "upstream_production": ""}
    answer = browser.submit("/apis/new", fields)
    assert answer.status_code == 303
    page = text_of(browser.get(answer.headers["location"]))
    assert "The API is registered. Import its OpenAPI document next." in page
    made = instance.client("operator").get("/v1/apis/ships").json()
    assert made["upstreams"] == {"sandbox": "http://s.example/v1", "production": None}


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"name": ""}, 422, "Fill this in."), ({"slug": "Not a slug"}, 422, "A slug has up to 40"),
        ({"slug": "parcels"}, 409, "There is an API with the slug parcels already."),
        ({"upstream_sandbox": "ftp://x"}, 422, "An upstream begins with http:// or https://"),
        ({"upstream_production": "http://a:b@c"}, 422, "An upstream has no user name"),
        ({"upstream_sandbox": "http://x", "upstream_production": "http://X:80/"}, 422, "need upstreams of their own"),
    ],
)  # fmt: skip
def test_a_wrong_api_comes_back_as_typed(instance: Instance, fields: dict[str, str], status: int, message: str) -> None:
    typed = {"name": "Kept", "slug": "kept", "upstream_sandbox": "", "upstream_production": ""} | fields
    answer = instance.browser("operator").submit("/apis/new", typed)
    assert answer.status_code == status
    assert message in text_of(answer)
    for value in typed.values():
        assert f'value="{value}"' in answer.text


def test_one_api_shows_its_catalogue_with_schemas_and_examples(instance: Instance) -> None:
    answer = instance.browser("operator").get(f"/apis/{instance.api}")
    page = text_of(answer)
    assert "GET /parcels/{id} get_parcel One parcel 2" in page
    assert "POST /parcels create_parcel POST /parcels 0" in page
    assert "parcel.moved A parcel has moved Schema and example" in page
    assert '"required"' in page
    assert '"p1"' in page
    assert "/gateway/parcels/" in page


def test_a_document_is_imported_from_a_file_and_its_result_is_shown(instance: Instance) -> None:
    browser = instance.browser("operator")
    changed = DOCUMENT.replace(b'"operationId": "get_parcel"', b'"operationId": "read_parcel"').replace(
        b"A parcel is lost", b"A parcel cannot be found"
    )
    at = f"/apis/{instance.api}/openapi"
    answer = browser.post(at, {"document": ""}, files={"file": ("parcels.json", changed, "application/json")})
    assert answer.status_code == 200
    page = text_of(answer)
    assert "Added read_parcel Changed parcel.lost: summary Removed get_parcel" in page
    assert "Touches Parcel lookup (sandbox): get_parcel" in page
    assert "get_parcel Removed" in page
    assert (
        instance.client("operator").get("/v1/apis/parcels/endpoints").json()["data"][0]["operation_id"] == "read_parcel"
    )


def test_a_document_is_imported_as_pasted_yaml(instance: Instance) -> None:
    browser = instance.browser("operator")
    document = "openapi: 3.1.0\ninfo: {title: Parcels, version: '2'}\npaths:\n  /parcels:\n    get:\n      operationId: list_parcels\n"
    answer = browser.submit(f"/apis/{instance.api}/openapi", {"document": document}, f"/apis/{instance.api}")
    assert answer.status_code == 200
    assert "Removed get_parcel create_parcel parcel.moved parcel.lost" in text_of(answer)


def test_everything_that_is_wrong_with_a_document_is_shown_with_its_place(instance: Instance) -> None:
    document = '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a b": {"get": {}}, "/c": {"get": {"operationId": 5}}}}'
    browser = instance.browser("operator")
    answer = browser.submit(f"/apis/{instance.api}/openapi", {"document": document}, f"/apis/{instance.api}")
    assert answer.status_code == 422
    page = text_of(answer)
    assert "Nothing was imported: 2 things in the document must be put right." in page
    assert "paths./a b A path has no spaces" in page
    assert "paths./c.get.operationId An operationId is" in page
    assert "&#34;operationId&#34;: 5" in answer.text
    assert len(instance.client("operator").get("/v1/apis/parcels/endpoints").json()["data"]) == 3


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "Choose a file, or paste the document."),
        ("{", "This is not JSON"),
        ("[]", "An OpenAPI document is an object"),
    ],
)
def test_what_is_no_document_is_refused(instance: Instance, document: str, message: str) -> None:
    browser = instance.browser("operator")
    answer = browser.submit(f"/apis/{instance.api}/openapi", {"document": document}, f"/apis/{instance.api}")
    assert answer.status_code == 422
    assert message in text_of(answer)


def test_name_and_upstreams_are_changed_from_the_page_they_were_seen_on(instance: Instance) -> None:
    browser = instance.browser("operator")
    at = f"/apis/{instance.api}"
    fields = {"name": "Parcels 2", "upstream_sandbox": "http://s.example", "upstream_production": "http://p.example"}
    assert browser.submit(at, fields).headers["location"].startswith(f"{at}?done=api-saved&confirmed_by=0&")
    assert browser.post(at, fields | {"revision": "1"}).status_code == 412
    wrong = browser.submit(at, fields | {"upstream_sandbox": "http://p.example"})
    assert wrong.status_code == 422
    assert "need upstreams of their own" in text_of(wrong)
    assert instance.client("operator").get("/v1/apis/parcels").json()["upstreams"]["sandbox"] == "http://s.example"


def test_an_api_fails_open_once_its_slug_was_typed_and_says_so_in_red(instance: Instance) -> None:
    browser, at = instance.browser("operator"), f"/apis/{instance.api}"
    member, project = instance.browser("developer"), f"/projects/{instance.project}"
    words = "fails open. A gate that cannot hear the database goes on allowing"
    for page in (at, project, f"{project}/settings"):
        assert words not in text_of(member.get(page))
    wrong = browser.submit(f"{at}/fail_open", {"confirm": "parcel"}, at)
    assert wrong.status_code == 422
    assert "Type the API's slug exactly" in text_of(wrong)
    opened = browser.submit(f"{at}/fail_open", {"confirm": "parcels"}, at)
    assert opened.headers["location"].startswith(f"{at}?done=api-fails-open&confirmed_by=0&")
    for page in (at, project, f"{project}/settings"):
        answer = member.get(page)
        assert words in text_of(answer)
        assert 'class="fh-note fh-is-bad"' in answer.text
    assert "fails open" in text_of(member.get("/apis"))
    closed = browser.submit(f"{at}/fail_closed", {}, at)
    assert "The API fails closed. No gate is running now." in text_of(browser.get(closed.headers["location"]))
    assert words not in text_of(member.get(project))


def test_others_look_and_change_nothing(instance: Instance) -> None:
    browser = instance.browser("developer")
    at = f"/apis/{instance.api}"
    for path in ("/apis", "/apis/new", at):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "Only an operator of this instance registers and changes APIs." in text_of(answer)
    for path, fields in (
        ("/apis/new", {"name": "Mine"}), (at, {"name": "Mine", "revision": "2"}), (f"{at}/openapi", {"document": DOCUMENT.decode()}),
        (f"{at}/fail_open", {"confirm": "parcels"}), (f"{at}/fail_closed", {}),
    ):  # fmt: skip
        assert browser.post(path, fields).status_code == 403, path
    assert browser.get("/apis/api_nothing").status_code == 404
