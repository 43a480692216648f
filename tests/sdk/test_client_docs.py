"""Every snippet of docs/sdk.md runs, in order, against a real control plane and a real gate."""

import re
from pathlib import Path
from typing import Any

import pytest

from freehold.sdk import Freehold
from tests.databases import SECRET
from tests.gate.gate_process import GateProcess
from tests.http.served import Instance

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "sdk.md").read_text("utf-8")


def test_the_snippets_run(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Freehold(instance.url, instance.tokens["operator"]) as operator:
        operator.apis.create("Example", slug="example")
        document = (ROOT / "src" / "freehold" / "example" / "openapi.yaml").read_bytes()
        operator.apis.import_openapi("example", document, media_type="application/yaml")
    (instance.settings.data / "secret.key").write_text(SECRET.to_hex())
    snippets = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(snippets) == TEXT.count("```python")
    names: dict[str, Any] = {"__name__": "docs"}
    with GateProcess(instance.settings.data) as gate:
        monkeypatch.setenv("FREEHOLD_URL", instance.url)
        monkeypatch.setenv("FREEHOLD_TOKEN", instance.tokens["owner"])
        monkeypatch.setenv("FREEHOLD_GATE_URL", gate.url)
        for snippet in snippets:
            exec(compile(snippet, "docs/sdk.md", "exec"), names)  # noqa: S102 — the document is ours
    names["client"].close()
    said = capsys.readouterr().out
    assert "True None [('key:requests', 599)]" in said
    assert "quote req_" in said
