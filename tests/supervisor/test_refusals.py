"""What keeps an instance from starting is told in one clear sentence, with exit status 2, and nothing is changed."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import open_store
from freehold.supervisor import data_directory, instance
from tests.supervisor import commands


def foreign(data: Path) -> None:
    (data / "letters.txt").write_text("not ours")


def a_file(data: Path) -> None:
    data.rmdir()
    data.touch()


def below_a_file(data: Path) -> None:
    data.rmdir()
    data.parent.rmdir()
    data.parent.touch()


def newer_layout(data: Path) -> None:
    (data / "FREEHOLD").write_text("A Freehold data directory, layout 2\n")


def another_marker(data: Path) -> None:
    (data / "FREEHOLD").write_text("property of somebody else\n")


def binary_marker(data: Path) -> None:
    (data / "FREEHOLD").write_bytes(b"\xff\xfe")


def no_database(data: Path) -> None:
    data_directory.prepare(data)
    (data / "freehold.db").write_text("this is no SQLite file, however long one makes it")


def garbled_secret(data: Path) -> None:
    data_directory.prepare(data)
    (data / "secret.key").write_text("hush\n")


def prepared(data: Path) -> None:
    settings = Settings(data=data)
    data_directory.prepare(data)
    store = open_store(settings)
    instance.prepare(store, settings)
    store.close()


def newer_schema(data: Path) -> None:
    prepared(data)
    store = open_store(Settings(data=data))
    with store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()


def another_secret(data: Path) -> None:
    prepared(data)
    (data / "secret.key").write_text(InstanceSecret.generate().to_hex())


def lost_secret(data: Path) -> None:
    prepared(data)
    (data / "secret.key").unlink()


FAULTS = [
    (foreign, r"The directory \S+ is not empty and not a Freehold data directory; name another one with --data\."),
    (a_file, r"Freehold cannot use the data directory \S+: file exists\."),
    (below_a_file, r"Freehold cannot use the data directory \S+: not a directory\."),
    (newer_layout, r"The data directory \S+ was written by a newer Freehold; start that one, or a newer one still\."),
    (another_marker, r"The file \S+/FREEHOLD is not one that Freehold wrote; name another directory with --data\."),
    (binary_marker, r"Freehold cannot use the data directory \S+: its marker is not text\."),
    (no_database, r"The database in \S+ cannot be used: file is not a database\."),
    (garbled_secret, r"\S+/secret\.key should hold 64 or more hexadecimal digits\."),
    (newer_schema, r"The database in \S+ was written by a newer Freehold; start that one, or a newer one still\."),
    (another_secret, r"The database in \S+ was made with another secret; use the secret\.key or FREEHOLD_SECRET that it was made with\."),
    (lost_secret, r"The database in \S+ belongs to an instance whose secret is not here; put its secret\.key into \S+, or set FREEHOLD_SECRET\."),
]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("make", "sentence"), FAULTS, ids=[make.__name__ for make, _ in FAULTS])
def test_a_data_directory_that_cannot_be_used(make: Callable[[Path], None], sentence: str, tmp_path: Path) -> None:
    data = tmp_path / "place" / "data"
    data.mkdir(parents=True)
    make(data)
    done = commands.run("up", "--data", data, "--port", "0", "--gate-port", "0")
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(f"freehold: {sentence}\n", done.stderr)


def test_a_foreign_directory_is_left_as_it_was(tmp_path: Path) -> None:
    foreign(tmp_path)
    before = contents(tmp_path)
    assert commands.run("up", "--data", tmp_path).returncode == 2
    assert commands.run("setup", "--data", tmp_path, "--email", "a@example.com", "--organization", "A").returncode == 2
    assert contents(tmp_path) == before


def test_a_lost_secret_is_not_replaced(tmp_path: Path) -> None:
    lost_secret(tmp_path)
    assert commands.run("up", "--data", tmp_path, "--port", "0", "--gate-port", "0").returncode == 2
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("option", ["--port", "--gate-port"])
def test_a_taken_port(option: str, tmp_path: Path) -> None:
    other = {"--port": "--gate-port", "--gate-port": "--port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = commands.run("up", "--data", tmp_path / "data", option, str(port), other, "0")
    assert done.returncode == 2
    assert done.stderr == (
        f"freehold: Port {port} of 127.0.0.1 is taken; stop what listens there, or name another port with {option}.\n"
    )


def test_a_port_taken_by_sharing_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        arguments = ("up", "--data", tmp_path / "data", "--port", "0", "--gate-port", str(port))
        done = commands.run(*arguments, FREEHOLD_WORKERS="2")
    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken" in done.stderr


def test_a_second_start_on_the_same_data(tmp_path: Path) -> None:
    data_directory.prepare(tmp_path)
    with data_directory.held(tmp_path):
        done = commands.run("up", "--data", tmp_path, "--port", "0", "--gate-port", "0")
    assert done.returncode == 2
    assert re.fullmatch(
        r"freehold: Freehold is running on the data directory \S+ already \(process \d+\); "
        r"stop that one first, or name another directory with --data\.\n",
        done.stderr,
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"FREEHOLD_PORT": "eighty"}, "FREEHOLD_PORT should be a whole number, not 'eighty'."),
        ({"FREEHOLD_PORT": "70000"}, "FREEHOLD_PORT should be 0 to 65535, not 70000."),
        ({"FREEHOLD_SECRET": "0123"}, "FREEHOLD_SECRET should hold 64 or more hexadecimal digits."),
        ({"FREEHOLD_HOST": "no such host", "FREEHOLD_PORT": "0"}, "'no such host' is no address that Freehold can listen on; name another with --host."),
        ({"FREEHOLD_HOST": "192.0.2.1", "FREEHOLD_PORT": "0"}, "192.0.2.1 is not an address of this machine; name another with --host."),
        ({"FREEHOLD_WEBHOOK_PORTS": "https"}, "FREEHOLD_WEBHOOK_PORTS should be ports such as 443,8000-8999, not 'https'."),
        ({"FREEHOLD_TRUSTED_PROXIES": "everyone"}, "FREEHOLD_TRUSTED_PROXIES should be networks such as 10.0.0.0/8, not 'everyone'."),
        ({"FREEHOLD_DATABASE_URL": "mysql://here"}, "FREEHOLD_DATABASE_URL should begin with postgresql://; leave it empty for SQLite."),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_right(settings: dict[str, str], sentence: str, tmp_path: Path) -> None:
    free = {"FREEHOLD_PORT": "0", "FREEHOLD_GATE_PORT": "0"}
    done = commands.run("up", "--data", tmp_path / "data", **(free | settings))
    assert done.returncode == 2
    assert done.stderr == f"freehold: {sentence}\n"


def test_a_postgresql_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://freehold:hush-hush@127.0.0.1:{port}/plants"
    arguments = ("up", "--data", tmp_path / "data", "--port", "0", "--gate-port", "0")
    done = commands.run(*arguments, FREEHOLD_DATABASE_URL=url)
    assert done.returncode == 2
    assert done.stderr.startswith(f"freehold: The database plants at 127.0.0.1:{port} cannot be used: ")
    assert done.stderr.count("\n") == 1
    assert "hush-hush" not in done.stderr
