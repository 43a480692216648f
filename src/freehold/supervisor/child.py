"""The first thing that runs in every process that the supervisor starts.

    python -m freehold.supervisor.child NAME MODULE

Ties the process's life to the supervisor's, sets up logging to standard error, and then becomes
MODULE. Imports nothing of the product: it is in front of every process's start.
"""

import logging
import os
import runpy
import signal
import sys
import threading
import time

from freehold.supervisor.log_lines import LineFormatter

# A pipe whose other end only the supervisor holds: it closes when the supervisor is gone, however it went.
LIFE_FD = "FREEHOLD_LIFE_FD"
LOG_LEVEL = "FREEHOLD_LOG_LEVEL"
# How long after the drain a process without a supervisor may still live.
_GRACE_S = 3.0


def main() -> None:
    """Become the module that the command line names."""
    name, module = sys.argv[1:3]
    threading.Thread(target=_end_with_supervisor, args=(int(os.environ[LIFE_FD]),), daemon=True).start()
    _log_to_standard_error(name, os.environ.get(LOG_LEVEL, "WARNING"))
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


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
