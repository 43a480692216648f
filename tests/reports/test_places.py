"""Where reports' files are kept: a folder, a stranger's S3 server, what else fsspec knows; plain and encrypted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import fsspec.asyn
import pytest

from freehold.kit import clock
from freehold.kit.encryption import CannotOpen
from freehold.kit.sealed_files import KeyRing, key_id
from freehold.reports.places import objects
from freehold.reports.places.keeping import Keeping
from freehold.reports.places.objects import Objects
from freehold.reports.places.opening import keeping_of
from freehold.reports.places.place import CannotKeep, NoFile, Unreachable
from freehold.settings import BadSetting, Settings, load
from freehold.store.instance_secret import NoSecret
from freehold.supervisor import up
from freehold.supervisor.refusals import CannotStart
from tests.databases import SECRET as INSTANCE
from tests.ports import free_port
from tests.reports.s3_server import BUCKET, SECRET, environment, s3_server

KEY, OLD = "11" * 32, "22" * 32
CONTENT = bytes(number * 7 % 256 for number in range(9_000_000))
PLACES = ["folder", "s3", "s3 through a backend of fsspec's own", "memory", "another folder, by URL"]


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    # Its thread, which stays, is begun here rather than in the first test.
    fsspec.asyn.get_loop()
    with s3_server() as leads_there:
        yield leads_there


@contextmanager
def surroundings(given: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(given)
    objects._opened.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        objects._opened.cache_clear()


@dataclass
class Trial:
    """A place to try, and what a draft becomes in it."""

    settings: Settings

    @property
    def keeping(self) -> Keeping:
        return keeping_of(self.settings)

    def put(self, name: str, content: bytes, owner: str = "") -> str | None:
        with self.keeping.drafted(name) as draft:
            draft.write_bytes(content)
            return self.keeping.keep(draft, name, owner or name)

    def get(self, name: str, sealed_by: str | None, start: int = 0, end: int | None = None, owner: str = "") -> bytes:
        reading = self.keeping.open(name, owner or name, sealed_by)
        return b"".join(reading.read(start, reading.size if end is None else end))


@pytest.fixture(params=PLACES)
def url(
    request: pytest.FixtureRequest, s3: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    name = request.param.split()[0]
    with surroundings(s3):
        if "fsspec" in request.param:
            # As where obstore is not installed: what is asked of any backend works with fsspec's own, too.
            monkeypatch.setattr(objects, "_obstore", lambda: None)
            yield "memory://without-obstore/reports"
            return
        yield {
            "folder": "", "s3": f"s3://{BUCKET}/reports/{tmp_path.name}", "memory": f"memory://{tmp_path.name}",
            "another": f"file://{tmp_path}/elsewhere",
        }[name]  # fmt: skip


@pytest.fixture(params=["plain", "encrypted"])
def trial(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Trial:
    return Trial(Settings(data=tmp_path, reports=url, reports_key=KEY if request.param == "encrypted" else ""))


def test_a_file_is_kept_whole_read_in_parts_and_removed(trial: Trial) -> None:
    trial.keeping.place.check()
    sealed_by = trial.put("rep_1.csv", CONTENT)
    assert sealed_by == (key_id(bytes.fromhex(KEY)) if trial.settings.reports_key else None)
    assert trial.keeping.open("rep_1.csv", "rep_1.csv", sealed_by).size == len(CONTENT)
    assert trial.get("rep_1.csv", sealed_by) == CONTENT
    for start, end in ((0, 10), (65_530, 65_545), (4_194_300, 8_500_000), (len(CONTENT) - 3, len(CONTENT)), (5, 5)):
        assert trial.get("rep_1.csv", sealed_by, start, end) == CONTENT[start:end]
    assert (CONTENT[:1000] in trial.keeping.place.read("rep_1.csv", 0, 4096)) is (sealed_by is None)
    trial.put("rep_1.csv", b"another one")
    assert trial.get("rep_1.csv", sealed_by) == b"another one"
    assert list(trial.keeping.place.workshop.glob(".*")) == []
    for _ in range(2):
        trial.keeping.place.remove("rep_1.csv")
    with pytest.raises(NoFile):
        trial.keeping.open("rep_1.csv", "rep_1.csv", sealed_by)
    with pytest.raises(NoFile):
        trial.keeping.place.read("rep_1.csv", 0, 5)


def test_an_empty_file_is_a_file(trial: Trial) -> None:
    sealed_by = trial.put("rep_0.csv", b"")
    assert trial.keeping.open("rep_0.csv", "rep_0.csv", sealed_by).size == 0
    assert trial.get("rep_0.csv", sealed_by) == b""


def test_what_dead_writers_left_is_swept(trial: Trial) -> None:
    workshop = trial.keeping.place.workshop
    workshop.mkdir(exist_ok=True)
    for name in (".rep_1.csv.1", ".rep_2.csv.1"):
        (workshop / name).write_text("half")
    trial.keeping.forget_drafts("rep_1")
    assert [each.name for each in workshop.glob(".*")] == [".rep_2.csv.1"]
    assert trial.keeping.place.sweep(clock.now() - timedelta(days=1)) == 0
    assert trial.keeping.place.sweep(clock.now() + timedelta(days=1)) == 1


# --- encryption -----------------------------------------------------------------------------------


@pytest.fixture
def sealed(tmp_path: Path) -> Trial:
    return Trial(Settings(data=tmp_path, reports_key=KEY))


def test_files_of_two_reports_that_change_places_are_noticed(sealed: Trial) -> None:
    key = sealed.put("rep_1.csv", b"mine")
    sealed.put("rep_2.csv", b"somebody else's")
    folder = sealed.keeping.place.workshop
    (folder / "rep_2.csv").replace(folder / "rep_1.csv")
    with pytest.raises(CannotOpen, match="another one's file"):
        sealed.get("rep_1.csv", key)


def test_a_plain_file_in_the_place_of_an_encrypted_one_is_noticed(sealed: Trial) -> None:
    key = sealed.put("rep_1.csv", CONTENT)
    (sealed.keeping.place.workshop / "rep_1.csv").write_bytes(CONTENT)
    with pytest.raises(CannotOpen, match="no encrypted file"):
        sealed.get("rep_1.csv", key)


def test_keys_are_rotated_and_what_was_plain_is_read_on(sealed: Trial) -> None:
    plain = Trial(replace(sealed.settings, reports_key=""))
    plain.put("rep_0.csv", b"before there were keys")
    first = sealed.put("rep_1.csv", b"by the first key")
    both = Trial(replace(sealed.settings, reports_key=f"{OLD}, {KEY}"))
    second = both.put("rep_2.csv", b"by the second key")
    assert first != second
    assert both.get("rep_0.csv", None) == b"before there were keys"
    assert both.get("rep_1.csv", first) == b"by the first key"
    assert both.get("rep_2.csv", second) == b"by the second key"
    with pytest.raises(CannotOpen, match=f"the key {second}, which is not among"):
        sealed.get("rep_2.csv", second)
    with pytest.raises(CannotKeep, match=r"no keys are given \(FREEHOLD_REPORTS_KEY\)"):
        plain.get("rep_1.csv", first)


def test_a_key_may_come_of_the_instances_secret(sealed: Trial) -> None:
    settings = replace(sealed.settings, reports_key="instance", secret=INSTANCE.to_hex())
    assert keeping_of(settings).ring == KeyRing((INSTANCE.derive("report-files"),))
    with pytest.raises(NoSecret):
        keeping_of(replace(settings, secret=""))


def test_nothing_readable_is_on_the_disk_while_a_file_is_made(sealed: Trial) -> None:
    with sealed.keeping.drafted("rep_1.csv") as draft:
        draft.write_bytes(b"for nobody else's eyes")
        assert list(sealed.keeping.place.workshop.iterdir()) == []
        assert draft.read_bytes() == b"for nobody else's eyes"


# --- what is wrong is told ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"FREEHOLD_REPORTS": "s3://key:hush@bucket/x"}, "without a password"),
        ({"FREEHOLD_REPORTS": "az://bucket/x?sig=hush"}, "without a password or options"),
        ({"FREEHOLD_REPORTS": "s3://"}, "a URL such as"),
        ({"FREEHOLD_REPORTS_KEY": "hush"}, "64 hexadecimal digits"),
        ({"FREEHOLD_REPORTS_KEY": f"{KEY},hush{KEY[4:]}"}, "64 hexadecimal digits"),
        ({"FREEHOLD_REPORTS_DAYS": "0"}, "FREEHOLD_REPORTS_DAYS should be 1 to"),
    ],
)
def test_wrong_settings_are_refused_without_repeating_them(settings: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words) as refused:
        load(settings)
    assert "hush" not in str(refused.value)


def test_a_wrong_place_is_told_at_the_start(
    s3: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a-file").touch()
    wrong = {
        str(tmp_path / "a-file"): "file exists",
        "s3://no-such-bucket-here/x": "no such bucket",
        "gopher://somewhere/x": "Protocol not known",
        "sftp://somewhere/x": "needs the backend of fsspec for sftp",
    }
    with surroundings(s3):
        for place, words in wrong.items():
            with pytest.raises(CannotStart, match=words) as refused:
                up._check_reports(Settings(data=tmp_path, reports=place))
            assert place in str(refused.value)
            assert SECRET not in str(refused.value)
        up._check_reports(Settings(data=tmp_path, reports=f"s3://{BUCKET}/x"))
    assert SECRET not in "".join(capfd.readouterr())


def test_a_place_that_is_away_is_told_and_everything_else_starts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.asyn.get_loop()
    monkeypatch.setitem(objects._RETRY, "max_retries", 1)
    settings = Settings(data=tmp_path, reports=f"s3://{BUCKET}/x")
    with surroundings(environment(f"http://127.0.0.1:{free_port()}")):
        with pytest.raises(Unreachable):
            keeping_of(settings).place.check()
        up._check_reports(settings)
    said = capfd.readouterr().err
    assert f"Reports cannot be kept in s3://{BUCKET}/x now" in said
    assert SECRET not in said
    assert list((tmp_path / "reports").glob(".*")) == []


def test_an_upload_that_fails_leaves_what_was_there(tmp_path: Path, s3: dict[str, str]) -> None:
    place = Objects(f"s3://{BUCKET}/halves", tmp_path)
    with surroundings(s3):
        (tmp_path / ".new").write_bytes(CONTENT)
        place.keep(tmp_path / ".new", "rep_1.csv")
        with pytest.raises(NoFile):
            place.keep(tmp_path / ".nothing", "rep_1.csv")
        assert place.size("rep_1.csv") == len(CONTENT)


def test_what_follows_a_question_mark_in_an_address_is_not_repeated() -> None:
    said = objects.plain_reason(RuntimeError("GET https://store/x?sig=hush&se=1 failed: no.\nDebug: hush"))
    assert said == "GET https://store/x failed: no"
