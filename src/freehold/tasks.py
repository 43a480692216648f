"""The tasks process: the slices' loops that work behind the answers, each in a thread of its own.

    python -m freehold.tasks

Started by the supervisor. A loop that ends before it was told to is a defect: the whole process then
ends, and is started again, rather than go on with half its work undone.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Final

from freehold import settings as all_settings
from freehold.alerts import crossings, letters
from freehold.alerts import tasks as alert_tasks
from freehold.forwarding import tasks as forwarding_tasks
from freehold.keeping import tasks as keeping_tasks
from freehold.keys import quota_tasks
from freehold.keys import tasks as key_tasks
from freehold.mail import tasks as mail_tasks
from freehold.organizations import tasks as organization_tasks
from freehold.production import tasks as production_tasks
from freehold.production import watching
from freehold.production.drift import tasks as drift_tasks
from freehold.production.readiness import tasks as readiness_tasks
from freehold.production.review import evidence_report
from freehold.production.review import tasks as review_tasks
from freehold.reports import schedule_tasks
from freehold.reports import tasks as report_tasks
from freehold.store import instance_secret
from freehold.store.engine import Transaction, open_store
from freehold.usage import tasks as usage_tasks
from freehold.usage.intake import Added
from freehold.webhooks import replay_tasks
from freehold.webhooks import tasks as webhook_tasks

_log: Final = logging.getLogger(__name__)
# Longer than any batch takes: a database that says nothing for so long is gone.
_ANSWER_S: Final = 60.0


def main() -> int:
    """Run every loop until SIGTERM; the exit status."""
    settings = all_settings.load()
    store = open_store(settings, answer_s=_ANSWER_S)
    secret = instance_secret.load(settings)
    watching.watch(store)
    evidence_report.register()
    stop, failed = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    voice = letters.voice_of(settings)

    def watch(tx: Transaction, added: Added) -> None:
        crossings.note_added(tx, voice, added)

    loops: dict[str, Callable[[], None]] = {
        "forwarding": lambda: forwarding_tasks.run(store, settings, secret, stop),
        "keeping": lambda: keeping_tasks.run(store, settings, secret, stop),
        "keys": lambda: key_tasks.run(store, stop),
        "mails": lambda: mail_tasks.run(store, settings, stop),
        "quotas": lambda: quota_tasks.run(store, settings.usage_days, stop),
        "replays": lambda: replay_tasks.run(store, stop),
        "reports": lambda: report_tasks.run(store, settings, stop),
        "report schedules": lambda: schedule_tasks.run(store, settings.control_url, stop),
        "usage": lambda: usage_tasks.run(store, settings, stop, watch),
        "sums": lambda: usage_tasks.prove_sums(store, settings, stop),
        "alerts": lambda: alert_tasks.run(store, voice, stop),
        "chat": lambda: alert_tasks.run_chat(store, settings, secret, stop),
        "seals": lambda: organization_tasks.seal_hourly(store, secret, stop),
        "histories": lambda: production_tasks.begin_all(store, stop),
        "readiness": lambda: readiness_tasks.run(store, stop),
        "readiness calls": lambda: readiness_tasks.run_calls(store, settings, stop),
        "drift": lambda: drift_tasks.run(store, settings, stop),
        "reviews": lambda: review_tasks.run(store, settings, stop),
        "webhooks": lambda: webhook_tasks.run(store, settings, secret, stop),
    }
    threads = [threading.Thread(target=_run, args=(*each, stop, failed), name=each[0]) for each in loops.items()]
    for thread in threads:
        thread.start()
    _say_ready()
    for thread in threads:
        thread.join()
    store.close()
    return 1 if failed.is_set() else 0


def _run(name: str, loop: Callable[[], None], stop: threading.Event, failed: threading.Event) -> None:
    try:
        loop()
    except Exception:  # noqa: BLE001 — logged, and the process ends with it
        _log.exception("the %s loop failed", name)
    if not stop.is_set():
        _log.error("the %s loop ended; the process ends with it", name)
        failed.set()
        stop.set()


def _say_ready() -> None:
    if descriptor := os.environ.get("FREEHOLD_READY_FD"):
        with os.fdopen(int(descriptor), "wb") as pipe:
            pipe.write(b"ready\n")


if __name__ == "__main__":
    raise SystemExit(main())
