"""A name server that gives one address to whoever checks and another to whoever connects gets nowhere."""

import asyncio

import pytest

from freehold.webhooks.addresses import AddressPolicy, read_networks
from freehold.webhooks.records import AttemptResult, Outgoing
from freehold.webhooks.sender import Sender
from tests.webhooks.name_server import NameServer, name_server
from tests.webhooks.receivers import receiver

# One address of loopback stands for the public internet; the receiver on another is what must not be reached.
PUBLIC = "127.0.0.2"
INSIDE = "127.0.0.1"
POLICY = AddressPolicy(allowed=read_networks(f"{PUBLIC}/32"))


def send(names: NameServer, times: int, policy: AddressPolicy = POLICY) -> tuple[list[AttemptResult], int]:
    """Requests to one name, one after the other; how many connections the inside receiver had."""

    async def run() -> tuple[list[AttemptResult], int]:
        async with receiver() as there, Sender({"production": policy}, names.lookup, names_cached_s=0) as sender:
            outgoing = Outgoing(f"http://receiver.example:{there.port}/close", (), b"{}")
            results = [await sender.send(outgoing, "production") for _ in range(times)]
            return results, there.connections

    return asyncio.run(run())


def test_the_second_answer_leads_inside_and_is_not_followed() -> None:
    with name_server([PUBLIC], [INSIDE]) as names:
        results, connections = send(names, 3)
        assert names.questions == 3
        assert names.names == {"receiver.example"}
    # Nobody listens on the public one; that it was tried is what counts.
    assert [each.outcome for each in results] == ["unreachable", "blocked", "blocked"]
    assert results[0].address == PUBLIC
    assert connections == 0


@pytest.mark.parametrize("answer", [[PUBLIC, INSIDE], [INSIDE, PUBLIC], [PUBLIC, "169.254.169.254"], ["10.0.0.1"]])
def test_one_bad_address_among_good_ones_spoils_the_answer(answer: list[str]) -> None:
    with name_server(answer) as names:
        (result,), connections = send(names, 1)
    assert (result.outcome, result.address, connections) == ("blocked", None, 0)
    assert not any(address in (result.error or "") for address in answer)


def test_it_would_have_been_reached_without_the_guard() -> None:
    with name_server([INSIDE]) as names:
        (result,), connections = send(names, 1, AddressPolicy(loopback=True))
    assert (result.outcome, connections) == ("unreachable", 1)
    assert result.error == "The receiver closed the connection without an answer."


def test_a_name_without_an_address_is_said_to_have_none() -> None:
    with name_server([]) as names:
        (result,), _ = send(names, 1)
    assert result.outcome == "unreachable"
    assert "could not be looked up" in (result.error or "")
