"""Freehold under measurement: an instance with many keys, everything on, and its gate on one core.

Built from the fixtures of the product's own tests: a real migrated database, a real gate process.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.asked import request, write_requests
from benchmarks.instance import ASKED, IssuedKey, ManyKeys
from benchmarks.plan import BUILD, CannotMeasure, pinned
from benchmarks.processes import status_of
from benchmarks.records import Series
from freehold.usage.journal_frames import HEAD_BYTES, decode_frame
from tests.gate.gate_process import GateProcess

VERIFY: Final = "/v1/keys/verify"
AUTHORIZE: Final = "/v1/authorize"


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for one figure, on a real disk (the journal is forced to it), gone afterwards."""
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=BUILD))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Gate:
    """A running gate and what it may be asked."""

    process: GateProcess
    keys: Sequence[IssuedKey]
    token: str
    data: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.process.url

    @property
    def port(self) -> int:
        """And on which port."""
        return self.process.port

    @property
    def pids(self) -> tuple[int, ...]:
        """Its workers."""
        return tuple(each.pid for each in self.process.processes)

    def verify_requests(self, path: Path, keys: Sequence[IssuedKey]) -> Path:
        """A file of verify calls, one a key, each of another endpoint than the one before."""
        return write_requests(path, (verify_request(self.token, key, number) for number, key in enumerate(keys)))

    def authorize_requests(self, path: Path, keys: Sequence[IssuedKey]) -> Path:
        """A file of forward-auth calls, one a key."""
        return write_requests(path, (authorize_request(self.token, key, number) for number, key in enumerate(keys)))

    def check_verify(self) -> None:
        """A key is allowed with all its limits told, a key that nobody issued is not."""
        for number in (0, len(self.keys) - 1):
            answer = self._verify(_question(self.keys[number], number))
            names = {each["name"].partition(":")[0] for each in answer["limits"]}
            if not answer["allowed"] or len(answer["limits"]) < 3 or names != {"key", "project"}:
                raise CannotMeasure(f"The gate does not do all of its work: {answer}")
        answer = self._verify(_question(self.keys[0], 0).replace(self.keys[0].selector.encode(), b"0" * 12))
        if answer["allowed"]:
            raise CannotMeasure("The gate allowed a key that nobody issued.")

    def check_authorize(self) -> None:
        """Forward auth lets a key pass and nobody else."""
        shape = {"X-Original-Method": "GET", "X-Original-URI": "/v1/countries/NO"}
        allowed, _ = status_of(self.url + AUTHORIZE, shape | {"Authorization": f"Bearer {self.keys[0].text}"})
        denied, _ = status_of(self.url + AUTHORIZE, shape | {"Authorization": "Bearer fh_test_nobody"})
        if (allowed, denied) != (204, 401):
            raise CannotMeasure(f"Forward auth answers {allowed} and {denied} instead of 204 and 401.")

    def check_alive(self) -> None:
        """It answers at all."""
        if status_of(self.url + "/healthz")[0] != 200:
            raise CannotMeasure("The gate is not healthy.")

    def journal_note(self, series: Sequence[Series]) -> str:
        """How many decisions are in the journal, in words; CannotMeasure where one that was answered is not."""
        answered = sum(sum(each.beside["requests"]) for each in series)
        folders = list((self.data / "journal").glob("jrn_*"))
        journaled = sum(_last_position(folder) for folder in folders)
        if journaled < answered:
            raise CannotMeasure(f"{answered:,.0f} decisions were answered, and only {journaled:,} are in the journal.")
        return f"{answered:,.0f} decisions answered in the rounds; {journaled:,} in the journal, warm-up and checks included."

    def _verify(self, question: bytes) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        status, body = status_of(self.url + VERIFY, headers, method="POST", body=question)
        if status != 200:
            raise CannotMeasure(f"The gate answers {status}: {body.decode()}")
        answer: dict[str, Any] = msgspec.json.decode(body)
        return answer


@contextmanager
def gate(
    folder: Path, made: ManyKeys, *cores: int, workers: int = 1, database_url: str = "", **environment: str
) -> Iterator[Gate]:
    """The gate of an instance, on these cores, with the settings that `freehold up` gives it."""
    settings = {"FREEHOLD_EPOCH_POLL_MS": "50", "FREEHOLD_WORKERS": str(workers), **environment}
    if database_url:
        settings["FREEHOLD_DATABASE_URL"] = database_url
    with pinned(*cores):
        try:
            process = GateProcess(folder, settings, processes=workers)
        except RuntimeError as error:
            raise CannotMeasure(str(error)) from error
    with process:
        yield Gate(process, made.keys, made.token, folder)


def _last_position(folder: Path) -> int:
    """How many frames a journal holds: they are numbered."""
    data, offset, position = max(folder.glob("*.seg")).read_bytes(), HEAD_BYTES, 0
    while frame := decode_frame(data, offset):
        position, offset = frame.position, frame.end
    return position


def verify_request(token: str, key: IssuedKey, number: int) -> bytes:
    """Ask with a service token whether this key may call the endpoint of this number."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return request("POST", VERIFY, headers, _question(key, number))


def authorize_request(_token: str, key: IssuedKey, number: int) -> bytes:
    """The same as a proxy asks it, in nginx's shape."""
    method, path = ASKED[number % len(ASKED)]
    headers = {"Authorization": f"Bearer {key.text}", "X-Original-Method": method, "X-Original-URI": path}
    return request("GET", AUTHORIZE, headers)


def _question(key: IssuedKey, number: int) -> bytes:
    method, path = ASKED[number % len(ASKED)]
    return msgspec.json.encode({"key": key.text, "method": method, "path": path, "address": "203.0.113.7"})
