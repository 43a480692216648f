"""Adding up: any split and any order of the same events gives the same sums."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.sketch import sketch_of
from freehold.usage.records import GRAINS, Grain, UsageEvent
from freehold.usage.rollups import Slot, Sums, add_up, month_start_ms, secret_uses, status_class, together
from tests.faults.usage_events import AT_MS, event

SPAN_MS = 100 * 24 * 3_600_000
events = st.lists(
    st.tuples(st.integers(min_value=0, max_value=60), st.integers(min_value=0, max_value=SPAN_MS)).map(
        lambda drawn: event(drawn[0], AT_MS + drawn[1])
    ),
    max_size=40,
)


def merged(parts: Iterable[dict[Grain, dict[Slot, Sums]]]) -> dict[Grain, dict[Slot, Sums]]:
    whole: dict[Grain, dict[Slot, Sums]] = {grain: {} for grain in GRAINS}
    for part in parts:
        for grain, slots in part.items():
            for slot, sums in slots.items():
                before = whole[grain].get(slot)
                whole[grain][slot] = together([before, sums]) if before else sums
    return whole


@given(events, st.data())
def test_any_split_and_order_gives_the_same_sums(given_events: list[UsageEvent], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(given_events))
    cut = data.draw(st.integers(min_value=0, max_value=len(shuffled)))
    assert merged([add_up(shuffled[:cut]), add_up(shuffled[cut:])]) == merged([add_up(given_events)])


@given(events)
def test_every_grain_has_every_request_cost_and_latency(given_events: list[UsageEvent]) -> None:
    expected = (
        len(given_events),
        sum(each.cost for each in given_events),
        sum(each.latency_us or 0 for each in given_events),
        sum(each.latency_us is not None for each in given_events),
        sketch_of(each.latency_us for each in given_events if each.latency_us is not None),
    )
    for slots in add_up(given_events).values():
        assert tuple(together(list(slots.values()))) == expected


def test_a_bucket_is_named_by_its_first_instant() -> None:
    # AT_MS is 2027-01-15 08:00:00 UTC.
    sums = add_up([event(1, AT_MS + 3_723_000)])
    starts = {grain: next(iter(slots)).bucket_ms for grain, slots in sums.items()}
    assert starts == {
        "minute": AT_MS + 3_720_000, "hour": AT_MS + 3_600_000, "day": AT_MS - 8 * 3_600_000,
        "month": AT_MS - (14 * 24 + 8) * 3_600_000,
    }  # fmt: skip
    assert month_start_ms(starts["month"]) == starts["month"]


def test_strangers_make_no_rows_of_their_own() -> None:
    unknown = [event(number) for number in range(50)]
    for number, each in enumerate(unknown):
        each.key_id, each.project_id, each.organization_id = None, None, None
        each.secret, each.endpoint, each.outcome = f"selector{number:04d}", f"op{number}", "unknown_key"
        each.status = None
    assert len(add_up(unknown)["minute"]) == 1
    assert secret_uses(unknown) == []


def test_the_latest_use_of_a_secret_names_its_caller() -> None:
    late, early, middle = event(4, AT_MS + 9), event(4, AT_MS + 1), event(4, AT_MS + 5)
    late.address, early.address, middle.address = "192.0.2.9", "192.0.2.1", "192.0.2.5"
    (use,) = secret_uses([middle, late, early])
    assert (use.first_ms, use.last_ms, use.last_address, use.requests) == (AT_MS + 5, AT_MS + 13, "192.0.2.9", 3)


def test_status_classes() -> None:
    assert [status_class(status) for status in (None, 0, 101, 200, 399, 404, 503, 600)] == [0, 0, 0, 2, 3, 4, 5, 0]
