"""A supervisor of stand-ins: `python -m tests.supervisor.supervise FOLDER NAME…`; names that end in `!` drain first."""

import os
import sys

from freehold.supervisor.processes import Program
from freehold.supervisor.refusals import ProcessFailed
from freehold.supervisor.watch import Watch
from tests.supervisor import stand_in


def main(folder: str, names: list[str]) -> int:
    programs = [
        Program(
            name=name.rstrip("!"),
            module=stand_in.__name__,
            environment={
                **os.environ,
                stand_in.FOLDER: folder,
                stand_in.NAME: name.rstrip("!"),
                "FREEHOLD_DRAIN_S": "0",
            },
            drains=name.endswith("!"),
        )
        for name in names
    ]
    try:
        with Watch(programs, drain_s=30) as watch:
            watch.start()
            watch.release()
            watch.wait_until_ready()
            print("all ready", flush=True)
            watch.run()
            return 0 if watch.stop() else 3
    except ProcessFailed as failure:
        print(failure, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
