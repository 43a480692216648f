"""A process for the supervisor to watch, which behaves as its name says and writes down what happens to it.

Names: `steady…` serves until SIGTERM; `stubborn…` does not hear SIGTERM; `broken…` ends before it is ready.
"""

import os
import signal
import sys
import threading
from pathlib import Path

FOLDER = "STAND_IN_FOLDER"
NAME = "STAND_IN_NAME"


def main() -> None:
    name, folder = os.environ[NAME], Path(os.environ[FOLDER])
    if name.startswith("broken"):
        sys.exit("the stand-in says why it is broken")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if name.startswith("stubborn") else lambda *_: stop.set())
    (folder / f"{name}.{os.getpid()}").touch()
    os.write(int(os.environ["FREEHOLD_READY_FD"]), b"ready\n")
    stop.wait()
    with (folder / "ended").open("a") as ended:
        ended.write(f"{name}\n")


if __name__ == "__main__":
    main()
