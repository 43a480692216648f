"""The supervisor's watch over real processes: started, mended, stopped in order, never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0

Supervise = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    started: list[subprocess.Popen[str]] = []

    def start(*names: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.supervise", str(tmp_path), *names],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    for each in processes_of(tmp_path):
        if alive(each):
            os.kill(each, signal.SIGKILL)


def processes_of(folder: Path, name: str = "*") -> list[int]:
    return [int(path.suffix[1:]) for path in folder.glob(f"{name}.*") if path.suffix[1:].isdecimal()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it never came to be so")
        time.sleep(0.02)


def wait_until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "all ready\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_draining_ones_end_before_the_others_are_asked(
    supervise: Supervise, tmp_path: Path, number: signal.Signals
) -> None:
    process = supervise("steady-last", "steady-first!", "steady-second!")
    wait_until_ready(process)
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == 0
    ended = (tmp_path / "ended").read_text().split()
    assert set(ended[:2]) == {"steady-first", "steady-second"}
    assert ended[2:] == ["steady-last"]


def test_killing_the_supervisor_leaves_no_process(supervise: Supervise, tmp_path: Path) -> None:
    process = supervise("steady", "stubborn")
    wait_until_ready(process)
    left = processes_of(tmp_path)
    assert len(left) == 2
    assert all(map(alive, left))
    process.kill()
    eventually(lambda: not any(map(alive, left)))


def test_a_process_that_dies_is_started_again(supervise: Supervise, tmp_path: Path) -> None:
    process = supervise("steady", "steady-other")
    wait_until_ready(process)
    [other] = processes_of(tmp_path, "steady-other")
    os.kill(other, signal.SIGKILL)
    eventually(lambda: len(processes_of(tmp_path, "steady-other")) == 2)
    assert len(processes_of(tmp_path, "steady")) == 1
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert errors == "freehold: The steady-other process ended with signal SIGKILL; starting it again in 0.5 s.\n"


def test_a_process_that_does_not_come_up_fails_the_start_and_ends_the_others(
    supervise: Supervise, tmp_path: Path
) -> None:
    process = supervise("steady", "broken")
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert output == ""
    assert errors == (
        "the stand-in says why it is broken\n"
        "The broken process ended with status 1 before it was ready; what it said is above.\n"
    )
    assert not any(map(alive, processes_of(tmp_path)))


def test_a_second_stop_forces_those_that_do_not_hear(supervise: Supervise, tmp_path: Path) -> None:
    process = supervise("stubborn!", "steady")
    wait_until_ready(process)
    process.terminate()
    # Another signal, since two equal ones that wait together are one.
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 3
    assert not any(map(alive, processes_of(tmp_path)))
