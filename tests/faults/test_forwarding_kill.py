"""Killed between sending and moving the cursor, at any step: no entry is lost, and the order is kept."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import update

from freehold.forwarding.records import Place
from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import forwardings
from tests.forwarding.world import HARBOUR, make_world
from tests.webhooks.receivers import served

STEPS: Final = ("between entries", "after send", "within record", "any moment")
# 100 on each database for a release: FORWARDING_KILLS=100 pytest tests/faults/test_forwarding_kill.py
KILLS: Final = int(os.environ.get("FORWARDING_KILLS", "4"))
_TURNS: Final = 50
_ROOT: Final = Path(__file__).resolve().parents[2]


def test_killed_at_any_step_nothing_is_lost_and_the_order_is_kept(store: Store, settings: Settings) -> None:
    dice = random.Random(KILLS)
    world = make_world(store, replace(settings, webhook_allow="127.0.0.0/8"))
    command = [sys.executable, "-m", "tests.faults.forwarding_part", str(settings.data), settings.database_url]
    with (
        served() as there,
        subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as part,
    ):
        made = world.forward(Place("webhook", there.url()), HARBOUR, after=0).forwarding
        assert part.stdin is not None
        assert part.stdout is not None
        stood, moves = 0, 0
        for number in range(KILLS):
            step = STEPS[number % len(STEPS)]
            # More than a batch, and fewer than four.
            entries = dice.randint(4, 8)
            world.write_entries(entries)
            # In the first batch, or in the second, so that the first one is not sent again.
            nth = (number + number // len(STEPS)) % 2
            at = {"between entries": dice.randrange(entries), "any moment": dice.randint(0, 60)}.get(step, nth)
            part.stdin.write(f"{step} {at}\n")
            part.stdin.flush()
            assert part.stdout.readline() == "ended\n"
            moves += world.position(made.id) > stood
            stood = world.position(made.id)
            with store.write() as tx:
                # Whoever died holds a lease, which would run out by itself.
                tx.execute(update(forwardings).values(leased_until_at=None, due_at=clock.now()))
        part.stdin.close()
        for _ in range(_TURNS):
            if not world.lag(made.id).entries:
                break
            world.turn()
        heard = [json.loads(each.body)["data"]["position"] for each in there.requests]
        ids = {(json.loads(each.body)["data"]["position"], each.by_name["webhook-id"]) for each in there.requests}
    last = max(heard)
    assert world.lag(made.id).entries == 0
    assert set(heard) == set(range(1, last + 1))
    assert len(ids) == last, "an entry that was sent twice had another id"
    # Each goes one on, or back to where the cursor stood: never past one that was not sent before.
    furthest = 0
    for position in heard:
        assert position <= furthest + 1
        furthest = max(furthest, position)
    assert moves > 0, "no cursor moved between two kills"
    assert len(heard) > last, "no kill fell between sending and moving the cursor"
