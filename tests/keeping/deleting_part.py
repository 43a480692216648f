"""A process that deletes organizations for good and is killed: `python -m tests.keeping.deleting_part DATA DATABASE_URL`.

For each line of its input it forks one that dies: a number is after so many milliseconds of work, wherever that is; a
name is in that transaction, all of it done and not committed, or (`ended`) right after the last one. `killed` goes out
once it is dead, `idle` where it found nothing to do before.
"""

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from freehold.keeping import emptying, organization_letters
from freehold.settings import Settings
from freehold.store import epoch
from freehold.store.engine import open_store
from tests.databases import SECRET

_STEPS: Final = {"forgetting": (epoch, "start_anew"), "ending": (organization_letters, "tell")}


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_after(module: Any, name: str) -> None:
    done = getattr(module, name)

    def dies(*given: Any) -> None:
        done(*given)
        _die()

    setattr(module, name, dies)


def _delete(data: str, database_url: str, when: str) -> None:
    # A row at a time, so that a kill falls into something; and no minute's wait before the end.
    emptying.PIECE = 1 if when not in {*_STEPS, "ended"} else emptying.PIECE  # type: ignore[misc]
    emptying.SETTLES = timedelta(0)  # type: ignore[misc]
    settings = Settings(data=Path(data), database_url=database_url)
    store = open_store(settings)
    if when == "ended":
        setattr(emptying._log, "info", _die)  # noqa: B010 — it is said once all is committed
    elif when in _STEPS:
        _die_after(*_STEPS[when])
    else:
        threading.Timer(float(when) / 1000, _die).start()
    while emptying.step(store, settings, SECRET):
        pass


def main() -> None:
    """Fork what is asked for, one at a time, until the input ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _delete(sys.argv[1], sys.argv[2], line.strip())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "idle", flush=True)


if __name__ == "__main__":
    main()
