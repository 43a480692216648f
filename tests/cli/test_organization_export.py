"""`freehold organizations export`: all of an organization in a folder, whole, gone on with, and nobody else's."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from freehold.cli import organization_export, project_files, reports
from freehold.cli.api import Api
from freehold.kit import clock
from tests.cli.conftest import Commands, Operator
from tests.cli.test_access import developer

NewProject = Callable[..., dict[str, Any]]


@pytest.fixture
def old(operator: Operator) -> date:
    """The organization as if it had been made a year and more ago; the first day of it."""
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(days=400)
    with closing(sqlite3.connect(operator.instance.data / "freehold.db", isolation_level=None)) as database:
        database.execute("PRAGMA busy_timeout = 30000")
        database.execute(
            "UPDATE organizations SET created_at = ? WHERE id = ?", [clock.to_ms(first), operator.organization]
        )
    return first.date()


def test_an_organization_is_saved_whole_and_gone_on_with(
    cli: Commands, new_project: NewProject, old: date, tmp_path: Path
) -> None:
    project, folder, today = new_project("Saved"), tmp_path / "deep" / "acme", datetime.now(UTC).date()
    export = ("organizations", "export", "acme", "--to", str(folder), "--format", "parquet")
    found = cli.json(*export)
    names = {each["file"].removeprefix("reports/") for each in found["reports"]}
    assert f"audit_log_{old}_{old.year + 1}-01-01.parquet" in names
    assert {f"key_inventory_{today}.parquet", f"access_review_{today}.parquet"} <= names
    # There is no price list. Decisions are those of whichever tests of this instance came before.
    assert len({name.split("_20")[0] for name in names if not name.startswith("readiness_evidence")}) == 7
    for name in names:
        assert "is whole" in cli("reports", "verify", str(folder / "reports" / name))
    declared = project_files.read(str(folder / "projects" / f"{project['slug']}-sandbox.toml"))
    assert declared.project == project["id"]
    assert json.loads((folder / "organization.json").read_text())["slug"] == "acme"
    assert not any(each["kept"] for each in found["reports"])
    # What is whole stays; what is damaged, torn or without its manifest is saved anew.
    damaged, torn, bare, *_ = (folder / "reports" / each for each in sorted(names))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    torn.write_bytes(b"")
    bare.with_name(f"{bare.name}.manifest.json").unlink()
    again = cli.json(*export)
    anew = {each["file"].removeprefix("reports/") for each in again["reports"] if not each["kept"]}
    assert anew == {damaged.name, torn.name, bare.name}
    assert {each["file"]: each["sha256"] for each in again["reports"] if each["kept"]}.items() <= {
        each["file"]: each["sha256"] for each in found["reports"]
    }.items()
    said = cli.call(*export)
    assert f"{len(names)}, of which {len(names)} were there" in said.stdout
    assert f"{damaged.name} is there" in said.stderr
    assert "no price list held" in said.stdout
    assert sorted(each.name for each in folder.rglob("*.part")) == []


def test_another_day_adds_what_came_since_and_no_row_is_in_two_files(
    cli: Commands, old: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, today = tmp_path / "acme", datetime.now(UTC).date()
    before = today - timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(organization_export, "_today", lambda: before)
        first = cli.json("organizations", "export", "acme", "--to", str(folder))
    second = cli.json("organizations", "export", "acme", "--to", str(folder))
    kept = {each["file"] for each in second["reports"] if each["kept"]}
    assert kept == {
        each["file"]
        for each in first["reports"]
        if str(before) in each["file"] or str(old) in each["file"] or "readiness_evidence" in each["file"]
    } - {f"reports/{kind}_{before}.csv" for kind in ("key_inventory", "access_review")}
    log = sorted(each["file"] for each in second["reports"] if "audit_log" in each["file"])
    spans = [tuple(name.removesuffix(".csv").split("_")[-2:]) for name in log]
    assert (spans[0][0], spans[-1]) == (str(old), (str(before), str(today)))
    assert all(left[1] == right[0] for left, right in pairwise(spans))


def test_a_file_that_comes_damaged_is_not_taken_for_one(
    cli: Commands, old: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = Api.pieces

    def cut_off(api: Api, path: str) -> Iterator[bytes]:
        yield from (piece[:-1] for piece in pieces(api, path))

    with monkeypatch.context() as patch:
        patch.setattr(Api, "pieces", cut_off)
        assert "did not come whole" in cli.fails(
            "organizations", "export", "acme", "--to", str(tmp_path / "acme"), "--json"
        )
    found = cli.json("organizations", "export", "acme", "--to", str(tmp_path / "acme"))
    assert not any(each["kept"] for each in found["reports"])


def test_a_folder_that_is_another_ones_stays_as_it_is(cli: Commands, tmp_path: Path) -> None:
    second = cli.json("organizations", "create", "Southgate")
    folder = tmp_path / "folder"
    cli("organizations", "export", "southgate", "--to", str(folder))
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    said = cli.fails("organizations", "export", "acme", "--to", str(folder))
    assert f"the export of another organization, {second['id']}" in said
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    assert "is not empty" in cli.fails("organizations", "export", "acme", "--to", str(tmp_path / "mine"))
    (folder / "organization.json").write_text("{")
    assert "cannot be read" in cli.fails("organizations", "export", "southgate", "--to", str(folder))
    (tmp_path / "file").write_text("")
    assert "cannot be made" in cli.fails("organizations", "export", "acme", "--to", str(tmp_path / "file" / "below"))
    # Made today, it has no day that is over: what stands is saved, and nothing else.
    assert {each.name for each in before if each.suffix == ".csv"} == {
        f"{kind}_{datetime.now(UTC).date()}.csv" for kind in ("key_inventory", "access_review")
    }


def test_parquet_without_what_reads_it_is_refused_before_anything_is_made(
    cli: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "access.parquet"
    cli("reports", "create", "access_review", "--format", "parquet", "-o", str(target))
    monkeypatch.setattr(reports, "find_spec", lambda _: None)
    folder = tmp_path / "acme"
    said = cli.fails("organizations", "export", "acme", "--to", str(folder), "--format", "parquet")
    assert "pip install 'freehold[archive]'" in said
    assert not folder.exists()
    assert "pip install 'freehold[archive]'" in cli.fails("reports", "verify", str(target))


def test_a_role_saves_what_it_may_read_and_is_told_of_the_rest(
    operator: Operator, cli: Commands, old: date, tmp_path: Path
) -> None:
    hers, folder = developer(operator, cli, tmp_path, "kim@example.com"), tmp_path / "hers"
    found = hers.json("organizations", "export", "acme", "--to", str(folder))
    assert "audit_log" in found["withheld"]
    assert not found["sealed"]
    kinds = {each["file"].removeprefix("reports/").split("_20")[0] for each in found["reports"]}
    assert kinds
    assert kinds.isdisjoint(found["withheld"])
    assert "Not for your role" in hers("organizations", "export", "acme", "--to", str(folder))


def test_decisions_are_saved_too(
    operator: Operator, cli: Commands, new_project: NewProject, old: date, tmp_path: Path
) -> None:
    project, team = new_project("Decided")["id"], developer(operator, cli, tmp_path, "lou@example.com")
    launch = str(datetime.now(UTC).date() + timedelta(days=30))
    asked = ("--use-case", "Title search", "--from", "100", "--to", "5000", "--peak", "5", "--launch", launch)
    request = team.json("access", "request", "-p", project, *asked)["id"]
    cli("access", "deny", request, "--reason", "Nothing has called it yet.")
    found = cli.json("organizations", "export", "acme", "--to", str(tmp_path / "acme"))
    name = f"reports/readiness_evidence_{request}.csv"
    assert name in {each["file"] for each in found["reports"]}
    assert "is whole" in cli("reports", "verify", str(tmp_path / "acme" / name))


def test_a_report_is_not_saved_over_a_file(cli: Commands, tmp_path: Path) -> None:
    target = tmp_path / "access.csv"
    target.write_text("mine")
    assert "is there already" in cli.fails("reports", "create", "access_review", "-o", str(target))
    report = cli.json("reports", "create", "access_review")
    assert "is there already" in cli.fails("reports", "download", report["id"], "-o", str(target))
    assert target.read_text() == "mine"
    missing = tmp_path / "none" / "access.csv"
    assert "cannot be written" in cli.fails("reports", "download", report["id"], "-o", str(missing))
