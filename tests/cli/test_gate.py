"""`freehold gate`: configurations with one's own addresses, and a gate that decides or does not."""

import re
from pathlib import Path

import pytest

from freehold.cli.proxy_configurations import PROXIES
from tests.cli.conftest import Commands, Operator

DOCS = Path(__file__).parents[2] / "docs" / "forward-auth"
GIVEN = ("--api", "my-api", "--upstream", "api.example:8401", "--gate", "10.0.0.4:9000", "--port", "8401")


@pytest.fixture
def anybody(tmp_path: Path) -> Commands:
    """Somebody who has signed in nowhere: these commands need no account."""
    return Commands(tmp_path / "home")


@pytest.mark.parametrize("proxy", list(PROXIES))
def test_a_configuration_is_the_documents_with_other_addresses(anybody: Commands, tmp_path: Path, proxy: str) -> None:
    folder = tmp_path / "new" / "proxy"
    said = anybody("gate", "config", proxy, *GIVEN, "--environment", "production", "--to", str(folder))
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(PROXIES[proxy].files)
    assert all(f"Wrote {folder / name}." in said for name in names)
    assert "Next: " in said
    for name in names:
        written, documented = (folder / name).read_text(), (DOCS / proxy / name).read_text()
        # Nothing but what was given differs: put back what the document says, and they are the same.
        place = re.compile(r"\b(8080|8401|9000)\b|127\.0\.0\.1|10\.0\.0\.4|api\.example")
        written = written.replace("api=my-api&environment=production", "api=example").replace(
            str(folder), f"/etc/{proxy}"
        )
        assert place.sub("…", written) == place.sub("…", documented)
    whole = "".join((folder / name).read_text() for name in names)
    assert re.search(r"10\.0\.0\.4(:|, port_value: )9000\b", whole)
    assert re.search(r"api\.example(:|, port_value: )8401\b", whole)
    assert "api=my-api&environment=production" in whole


def test_a_file_that_is_there_is_not_replaced_unasked(anybody: Commands, tmp_path: Path) -> None:
    (tmp_path / "freehold.conf").write_text("mine")
    arguments = ("gate", "config", "nginx", *GIVEN, "--to", str(tmp_path))
    assert "--force" in anybody.call(*arguments, status=2).stderr
    assert (tmp_path / "freehold.conf").read_text() == "mine"
    anybody(*arguments, "--force")
    assert "my-api" in (tmp_path / "freehold.conf").read_text()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--api", "My API", "slug"),
        ("--api", "x&environment=sandbox", "slug"),
        ("--upstream", "127.0.0.1", "HOST:PORT"),
        ("--upstream", "http://127.0.0.1:9000", "HOST:PORT"),
        ("--gate", "127.0.0.1:99999", "HOST:PORT"),
        ("--gate", "x;:80", "HOST:PORT"),
        ("--port", "0", "range"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    anybody: Commands, tmp_path: Path, option: str, value: str, said: str
) -> None:
    answer = anybody.call("gate", "config", "nginx", *GIVEN, option, value, "--to", str(tmp_path / "proxy"), status=2)
    assert said in answer.stderr
    assert not (tmp_path / "proxy").exists()


def test_a_folder_that_is_a_file(anybody: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = ("gate", "config", "nginx", *GIVEN, "--to", str(tmp_path / "file" / "proxy"))
    assert "could not be written" in anybody.call(*arguments, status=1).stderr


def test_a_gate_that_decides(anybody: Commands, operator: Operator) -> None:
    url = operator.instance.gate_url
    assert anybody("gate", "status", "--gate", url) == f"The gate at {url} decides.\n"
    assert anybody("gate", "status", FREEHOLD_GATE_URL=url) == f"The gate at {url} decides.\n"


def test_a_gate_that_does_not(anybody: Commands, operator: Operator) -> None:
    assert "no gate at" in anybody.call("gate", "status", "--gate", "http://127.0.0.1:1", status=1).stderr
    assert "no URL" in anybody.call("gate", "status", "--gate", "127.0.0.1:8401", status=2).stderr
    assert (
        "is no gate" in anybody.call("gate", "status", "--gate", f"{operator.instance.url}/sign-in?", status=1).stderr
    )
