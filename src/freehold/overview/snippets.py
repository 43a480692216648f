"""A call that can be pasted into a terminal: a declared endpoint through the gateway, with a key. Pure."""

import json
import shlex
from collections.abc import Sequence
from urllib.parse import urlencode

from freehold.apis.records import EndpointRow
from freehold.dashboard.views.parts import Snippet


def choose_endpoint(endpoints: Sequence[EndpointRow], declared: Sequence[str]) -> EndpointRow | None:
    """The declared endpoint that is easiest to call: one that reads, with an example of its call."""
    usable = [each for each in endpoints if each.operation_id in declared and each.removed_at is None]
    # Of equals the first one wins: the catalogue's order is the document's.
    return min(usable, key=lambda each: (each.example is None, each.method != "GET"), default=None)


def snippets(gate_url: str, api_slug: str, endpoint: EndpointRow, credential: str) -> tuple[Snippet, ...]:
    """One call as curl, Python and Node. `credential` is a key's text, or a shell variable such as `$FREEHOLD_KEY`."""
    url = f"{gate_url}/gateway/{api_slug}{address(endpoint)}"
    body = endpoint.example.get("body") if endpoint.example else None
    return (
        Snippet(language="curl", text=_curl(endpoint.method, url, credential, body)),
        Snippet(language="Python", text=_python(endpoint.method, url, credential, body)),
        Snippet(language="Node", text=_node(endpoint.method, url, credential, body)),
    )


def address(endpoint: EndpointRow) -> str:
    """An endpoint's path and query, filled with the catalogue's example; its template where there is none."""
    example = endpoint.example or {"path": endpoint.path}
    query = example.get("query")
    return f"{example['path']}?{urlencode(query)}" if query else str(example["path"])


def _curl(method: str, url: str, credential: str, body: object) -> str:
    header = f"Authorization: Bearer {credential}"
    # Double quotes, so that a shell variable is filled in; a key's own characters need no quoting.
    lines = [f"curl {'' if method == 'GET' else f'-X {method} '}{shlex.quote(url)}", f'  -H "{header}"']
    if body is not None:
        lines += ['  -H "Content-Type: application/json"', f"  -d {shlex.quote(json.dumps(body))}"]
    return " \\\n".join(lines)


def _python(method: str, url: str, credential: str, body: object) -> str:
    secret = 'os.environ["FREEHOLD_KEY"]' if credential.startswith("$") else json.dumps(credential)
    lines = ["import os", "import httpx", "", "answer = httpx.request(", f'    "{method}", {json.dumps(url)},']
    lines.append(f'    headers={{"Authorization": "Bearer " + {secret}}},')
    if body is not None:
        lines.append(f"    json={body!r},")
    return "\n".join([*lines, ")", "print(answer.status_code, answer.text)"])


def _node(method: str, url: str, credential: str, body: object) -> str:
    secret = "process.env.FREEHOLD_KEY" if credential.startswith("$") else json.dumps(credential)
    headers = [f'"Authorization": "Bearer " + {secret}']
    if body is not None:
        headers.append('"Content-Type": "application/json"')
    lines = [
        f"const answer = await fetch({json.dumps(url)}, {{",
        f'  method: "{method}",',
        f"  headers: {{ {', '.join(headers)} }},",
    ]
    if body is not None:
        lines.append(f"  body: JSON.stringify({json.dumps(body)}),")
    return "\n".join([*lines, "});", "console.log(answer.status, await answer.text());"])
