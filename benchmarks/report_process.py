"""Makes one report as the tasks process does, in a process of its own, and says what that took.

    python -m benchmarks.report_process PLACE FOLDER ORGANIZATION FORMAT FROM TO [KEY]

Prints one line of JSON. The report is asked for, claimed, made and kept in FOLDER, encrypted with KEY where one is given.
"""

import json
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.stores import open_at
from freehold.organizations.records import Actor
from freehold.reports import actions, queries, tasks
from freehold.reports.records import Parameters
from freehold.settings import Settings

_OPERATOR = Actor("user", "usr_1", "Ada", "usr_1", True, {})


def main(place: str, folder: str, organization_id: str, form: Any, since: str, until: str, key: str = "") -> None:
    """Make it and tell."""
    store, settings = open_at(place), Settings(data=Path(folder), reports_key=key)
    wanted = Parameters("usage_detail", form, date.fromisoformat(since), date.fromisoformat(until))
    with store.write() as tx:
        asked = actions.request_report(tx, _OPERATOR, organization_id, None, wanted)
    began, cpu = time.monotonic(), time.process_time()
    tasks.turn(store, settings)
    took_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
    with store.read() as tx:
        made = queries.find_report(tx, asked.id)
    store.close()
    if made is None or made.state != "ready":
        sys.exit(f"the report is not ready: {made and made.reason}")
    print(json.dumps({
        "seconds": took_s, "cpu_s": cpu_s, "rows": made.rows, "bytes": made.bytes, "sha256": made.sha256,
        "reconciled": (made.manifest or {})["source"]["reconciled"],
        # Of this process, at its highest; Linux counts in KiB.
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
