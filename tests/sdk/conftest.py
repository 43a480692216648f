"""The served control plane that the SDK's tests speak to, and both kinds of client."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.http.conftest import application, filled, fresh, instance
from tests.http.served import Instance
from tests.sdk.clients import Mode
from tests.sdk.proxy import Proxy, proxy_to

__all__ = ["application", "filled", "fresh", "instance"]


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> Iterator[Mode]:
    """Once for each kind of client."""
    if request.param == "sync":
        yield Mode(None)
    else:
        with asyncio.Runner() as runner:
            yield Mode(runner)


@pytest.fixture
def proxy(instance: Instance) -> Iterator[Proxy]:
    """A proxy in front of the control plane."""
    with proxy_to(instance.url) as running:
        yield running
