"""`python -m freehold.gate`: one gate process, as the supervisor starts it."""

import os
import sys

from freehold import settings
from freehold.gate.worker import listening_sockets, run
from freehold.store import instance_secret


def main() -> int:
    """Run until told to stop; 2 where the settings or the secret are not right."""
    try:
        given = settings.load()
        secret = instance_secret.load(given)
        run(given, secret, listening_sockets(given), int(os.environ.get("FREEHOLD_WORKER", "0")))
    except (settings.BadSetting, instance_secret.NoSecret, OSError) as error:
        sys.stderr.write(f"The gate cannot start: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
