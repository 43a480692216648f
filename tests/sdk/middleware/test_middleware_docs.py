"""The snippets of docs/sdk-middleware.md run as they stand there, but for addresses and the token."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from freehold.sdk.guard import Guard
from tests.gate.instance import Instance
from tests.sdk.middleware import django_site
from tests.sdk.middleware.calling import COUNTRY, call, row_of

PAGE = Path(__file__).parents[3] / "docs" / "sdk-middleware.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_guards_snippet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(SNIPPETS[0], names)  # noqa: S102 (the page's own words)
    assert isinstance(names["guard"], Guard)


@pytest.mark.parametrize(
    "snippet", SNIPPETS[1:], ids=["fastapi", "starlette", "litestar", "django asgi", "flask", "django wsgi"]
)
def test_a_frameworks_snippet(snippet: str, guard: Guard, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    django_site.set_up()
    module = ModuleType("country_api")
    monkeypatch.setitem(sys.modules, "country_api", module)
    names = vars(module)
    names["guard"] = guard
    exec(compile(snippet, "docs", "exec", dont_inherit=True), names)  # noqa: S102
    app, key = names.get("app") or names["application"], instance.issue().text
    if "wsgi" in snippet:
        transport = httpx.WSGITransport(app=app)
        with httpx.Client(transport=transport, base_url="http://api.test") as client:
            answers = [client.get(COUNTRY, headers={"X-Api-Key": key}), client.get(COUNTRY)]
    else:
        answers = [call(app, key=key), call(app)]
    assert [each.status_code for each in answers] == [200, 401]
    assert answers[0].json() == {"code": "NO", "project": instance.sandbox_id}
    assert answers[1].json()["code"] == "malformed_key"
    assert answers[1].headers["www-authenticate"] == 'Bearer realm="freehold"'
    row = row_of(instance.store, answers[0].headers["x-freehold-request-id"])
    assert (row.outcome, row.status, row.endpoint) == ("allowed", 200, "getCountry")
