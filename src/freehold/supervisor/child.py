"""The first thing that runs in every process that the supervisor starts.

    python -m freehold.supervisor.child NAME MODULE

Ties the process's life to the supervisor's, sets up logging to standard error, imports MODULE, and
calls its `main` once the supervisor says that the instance is ready to be used. Importing takes most
of a start, and so overlaps with the supervisor's own work.
"""

import gc
import importlib
import logging
import os
import signal
import sys
import threading
import time

from freehold.supervisor.log_lines import LineFormatter

# A pipe whose other end only the supervisor holds: it closes when the supervisor is gone, however it went.
LIFE_FD = "FREEHOLD_LIFE_FD"
# A pipe that the supervisor closes when the database is ready.
GO_FD = "FREEHOLD_GO_FD"
LOG_LEVEL = "FREEHOLD_LOG_LEVEL"
# How long after the drain a process without a supervisor may still live.
_GRACE_S = 3.0


def main() -> None:
    """Run the module that the command line names."""
    name, module = sys.argv[1:3]
    threading.Thread(target=_end_with_supervisor, args=(int(os.environ[LIFE_FD]),), daemon=True).start()
    _log_to_standard_error(name, os.environ.get(LOG_LEVEL, "WARNING"))
    # What an import makes, stays: looking through it for garbage again and again is a tenth of a start.
    gc.disable()
    run = importlib.import_module(module).main
    gc.freeze()
    gc.enable()
    _wait_for_go(int(os.environ[GO_FD]))
    sys.exit(run())


def _wait_for_go(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.close(descriptor)


def _end_with_supervisor(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(float(os.environ.get("FREEHOLD_DRAIN_S", "0")) + _GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _log_to_standard_error(name: str, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(name))
    logging.basicConfig(handlers=[handler], level=level)
    logging.captureWarnings(capture=True)


if __name__ == "__main__":
    main()
