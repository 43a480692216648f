"""What a strict type checker sees of the SDK: the types of calls, and the mistakes that it finds."""

import subprocess
import sys
from pathlib import Path

SAMPLE = """
from freehold.sdk import AsyncFreehold, Freehold


def whole(client: Freehold) -> None:
    reveal_type(client.projects.create("org_1", name="a", purpose="b", api="c"))
    reveal_type(client.projects.list("org_1", archived=True))
    reveal_type([project.etag for project in client.projects.list("org_1")])
    reveal_type(client.keys.issue("proj_1", name="a").secret)
    reveal_type(client.members.remove("org_1", "usr_1"))

async def awaited(client: AsyncFreehold) -> None:
    reveal_type(client.me())
    reveal_type(await client.keys.get("key_1"))
    reveal_type([key async for key in client.keys.list("proj_1")])

def wrong(client: Freehold) -> None:
    client.projects.create("org_1", name="a", purpose="b")
    client.projects.create("org_1", nam="a", name="a", purpose="b", api="c")
    client.projects.list("org_1", environment="staging")
    client.keys.issue("proj_1", name="a", rate_limit={"limit": 1})
    client.projects.edit("proj_1", name=None)
    client.keys.get("key_1").etag = "1"
"""
EXPECTED = """
5: note: Revealed type is "freehold.sdk.models.projects.Project"
6: note: Revealed type is "freehold.sdk.listings.Listing[freehold.sdk.models.projects.Project]"
7: note: Revealed type is "list[str]"
8: note: Revealed type is "str"
9: note: Revealed type is "None"
12: error: Value of type "Coroutine[Any, Any, Me]" must be used
12: note: Are you missing an await?
12: note: Revealed type is "typing.Coroutine[Any, Any, freehold.sdk.models.accounts.Me]"
13: note: Revealed type is "freehold.sdk.models.keys.Key"
14: note: Revealed type is "list[freehold.sdk.models.keys.Key]"
17: error: Missing named argument "api"
18: error: Unexpected keyword argument "nam"
19: error: Argument "environment" has incompatible type
20: error: Argument "rate_limit" has incompatible type
21: error: Argument "name" has incompatible type "None"
22: error: Property "etag" defined in "Key" is read-only
"""


def test_strict_types(tmp_path: Path) -> None:
    sample = tmp_path / "sdk_sample.py"
    sample.write_text(SAMPLE.removeprefix("\n"))
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-codes", str(sample)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = [line.partition("sdk_sample.py:")[2] for line in said.splitlines()]
    expected = EXPECTED.split("\n")[1:-1]
    assert [line[: len(wanted)] for line, wanted in zip(found, expected, strict=True)] == expected, said
