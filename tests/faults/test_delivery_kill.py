"""Whatever is killed on the way, every accepted message is delivered; twice only where a kill fell between send and record."""

import pytest
from sqlalchemy import func, select

from freehold.kit.secrets import InstanceSecret
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import attempts, deliveries
from tests.faults.delivery_kills import STEPS, campaign, kills_wanted
from tests.webhooks.receivers import served
from tests.webhooks.world import World, make_world

# 500 on each database for a release: DELIVERY_KILLS=500 pytest tests/faults/test_delivery_kill.py
_KILLS = 4
_EACH = 6


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret) -> World:
    opened = Settings(
        data=settings.data, secret=settings.secret, database_url=settings.database_url, webhook_allow="127.0.0.0/8"
    )
    return make_world(store, opened, secret)


def test_killed_at_any_step_nothing_is_lost(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    kills = kills_wanted(_KILLS)
    with served() as there:
        world.add_endpoint(there.url())
        found = campaign(world, there, kills, _EACH, seed=kills)
        arrived = {request.by_name["webhook-id"] for request in there.requests}
    assert found.kills.total() == kills
    assert set(found.kills) == set(STEPS[:kills])
    assert arrived == set(found.messages)
    with world.store.read() as tx:
        counted = tx.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
        states = {row[0]: row[1] for row in counted}
        recorded = tx.execute(select(func.count()).select_from(attempts)).scalar_one()
    assert states == {"delivered": len(found.messages)}
    # Each delivery is recorded once: what came twice was sent by a process that died before it could say so.
    assert recorded == len(found.messages)
    assert found.repeated <= found.may_repeat
    with capsys.disabled():
        print(f"\n{world.store.engine.dialect.name}: {dict(found.kills)}, {len(found.messages)} messages, "
              f"{found.repeated} came twice (at most {found.may_repeat} could)")  # fmt: skip
