"""Whoever deletes an organization is killed: at any moment of its work, and in each of the last two transactions."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Final

from sqlalchemy import select

from freehold.organizations import audit
from freehold.organizations.audit_proof import prove
from freehold.organizations.audit_seals import public_key
from freehold.store.schema import audit_entries
from tests.http.served import Instance
from tests.keeping.organization_world import ask, empty, fill_more, ids_of, left_of, let_time_pass, post_mails

# How many processes are killed while they delete; the campaign: KEEPING_KILLS=100.
KILLS: Final = int(os.environ.get("KEEPING_KILLS", "1"))
# At the latest after so many milliseconds of work.
KILL_MS: Final = 60.0
_ROOT: Final = Path(__file__).resolve().parents[2]


def test_whoever_is_killed_leaves_what_the_next_one_finishes(instance_on_each: Instance) -> None:
    """At any moment of its work, and in each of the last two transactions, with all of it done but the commit."""
    instance = instance_on_each
    fill_more(instance)
    # More than can be deleted before the last kill, a row at a time, on a machine that is faster than this one.
    post_mails(instance, "many", KILLS * 30)
    ids, dice = ids_of(instance), random.Random(KILLS)
    assert ask(instance).status_code == 200
    let_time_pass(instance)
    command = [
        sys.executable,
        "-m",
        "tests.keeping.deleting_part",
        str(instance.settings.data),
        instance.settings.database_url,
    ]
    # Whoever finds nothing to do was killed in nothing.
    kills = [str(dice.uniform(0, KILL_MS)) for _ in range(KILLS)] + ["forgetting", "ending", "ended"]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as part:
        assert part.stdin
        assert part.stdout
        for kill in kills:
            part.stdin.write(f"{kill}\n")
            part.stdin.flush()
            assert part.stdout.readline() == "killed\n", kill
            if kill == kills[KILLS - 1]:
                assert left_of(instance, ids) > {"organization_deletions", "audit_entries"}, "killed after all was done"
        part.stdin.close()
    assert empty(instance) == 0, "what was ended before its kill was begun again"
    assert left_of(instance, ids) == {"organization_deletions", "audit_entries"}
    with instance.store.read() as tx:
        assert prove(tx, audit.INSTANCE_CHAIN, public_key(instance.secret)).fault is None
        ended = select(audit_entries.c.position).where(audit_entries.c.action == "organization.deleted")
        assert len(tx.execute(ended).all()) == 1
