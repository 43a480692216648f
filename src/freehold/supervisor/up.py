"""`freehold up`, from the first check to the last process's end.

The order is the point: nothing is written before the directory is known to be ours, nothing is
started before every port is held, and nothing begins its work before the database is ready.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from typing import Final

from freehold import __version__
from freehold.settings import Settings
from freehold.supervisor import data_directory
from freehold.supervisor.child import LOG_LEVEL
from freehold.supervisor.data_directory import EXAMPLE_TOKEN_FILE
from freehold.supervisor.processes import Program
from freehold.supervisor.refusals import CannotStart
from freehold.supervisor.sockets import listen, port_of
from freehold.supervisor.watch import Watch

_LOOPBACK: Final = "127.0.0.1"
# What only the server's own processes may know.
_PRIVATE: Final = ("FREEHOLD_SECRET", "FREEHOLD_DATABASE_URL", "FREEHOLD_REPORTS_KEY")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Every socket of an instance, bound before anything is started."""

    control: socket.socket
    gates: list[socket.socket]
    example_sandbox: socket.socket
    example_production: socket.socket


def up(settings: Settings, *, verbose: bool = False) -> int:
    """Run an instance until it is told to stop; the exit status. CannotStart and ProcessFailed say why not."""
    # Database, journal and tokens are for this user alone.
    os.umask(0o077)
    settings = replace(settings, data=settings.data.absolute())
    _check_ways_out(settings)
    _check_certificate(settings)
    data_directory.prepare(settings.data)
    with ExitStack() as stack:
        stack.enter_context(data_directory.held(settings.data))
        listeners = _listen(settings, stack)
        settings = replace(settings, port=port_of(listeners.control), gate_port=port_of(listeners.gates[0]))
        watch = stack.enter_context(Watch(programs(settings, listeners, verbose=verbose), settings.drain_s))
        watch.start()
        # Only now the imports that take long: the processes are busy with theirs meanwhile.
        from freehold.supervisor.instance import open_instance

        setup_token = open_instance(settings)
        _check_reports(settings)
        watch.release()
        watch.wait_until_ready()
        if not watch.stopping:
            print(announcement(settings, setup_token), flush=True)
        watch.run()
        return 0 if watch.stop() else 1


def _check_ways_out(settings: Settings) -> None:
    """Raise BadSetting here, once and in words, rather than in a process that would be started again for ever."""
    from freehold.mail.smtp import server_of
    from freehold.webhooks.policy import policy_of

    policy_of(settings, "production")
    server_of(settings)


def _check_certificate(settings: Settings) -> None:
    """Raise BadSetting where the gate could not serve by TLS what it is set to."""
    if settings.gate_tls_certificate or settings.gate_tls_key:
        from freehold.gate.tls import certificate_of

        certificate_of(settings)


def _check_reports(settings: Settings) -> None:
    """Raise CannotStart where reports cannot be kept as the settings say; say so, and go on, where the place is away now."""
    from freehold.reports.places.opening import keeping_of
    from freehold.reports.places.place import CannotKeep, Unreachable

    try:
        keeping_of(settings).place.check()
    except Unreachable as error:
        # Calls of the API must not wait until an object store is there again; reports can.
        print(
            f"Reports cannot be kept in {settings.reports} now: {error}. All else starts.", file=sys.stderr, flush=True
        )
    except CannotKeep as error:
        where = settings.reports or settings.data / "reports"
        raise CannotStart(
            f"Reports cannot be kept in {where}: {error}. Set FREEHOLD_REPORTS to another place."
        ) from None


def programs(settings: Settings, listeners: Listeners, *, verbose: bool) -> list[Program]:
    """What runs: the control plane, the gates, the tasks, and the example API as a stranger to all of them."""
    environment = environment_of(settings) | {LOG_LEVEL: "INFO" if verbose else "WARNING"}
    control = Program(
        name="control",
        module="freehold.control",
        environment=environment,
        sockets={"FREEHOLD_CONTROL_FD": listeners.control},
    )
    tasks = Program(name="tasks", module="freehold.tasks", environment=environment, in_background=True)
    return [control, *_gates(listeners, environment), tasks, _example(settings, listeners, environment)]


def environment_of(settings: Settings) -> dict[str, str]:
    """This process's environment, with every setting as it was decided here."""
    decided = {each.metadata["variable"]: str(getattr(settings, each.name)) for each in fields(Settings)}
    return {**os.environ, **decided, "PYTHONUNBUFFERED": "1"}


def announcement(settings: Settings, setup_token: str | None) -> str:
    """What the operator reads once all is up. The token is in the fragment, which no server ever sees."""
    if setup_token:
        first = f"Set it up    {settings.control_url}/setup#token={setup_token}"
    else:
        first = f"Dashboard    {settings.control_url}"
    return (
        f"Freehold {__version__} is running.\n\n"
        f"  {first}\n"
        f"  Gate         {settings.gate_base_url}\n"
        f"  Data         {settings.data}\n\n"
        "Ctrl-C stops it."
    )


def _listen(settings: Settings, stack: ExitStack) -> Listeners:
    [control] = listen(settings.host, settings.port, "--port")
    stack.enter_context(control)
    gates = listen(settings.host, settings.gate_port, "--gate-port", settings.workers)
    for gate in gates:
        stack.enter_context(gate)
    [sandbox], [production] = listen(_LOOPBACK, 0, "--host"), listen(_LOOPBACK, 0, "--host")
    stack.enter_context(sandbox)
    stack.enter_context(production)
    return Listeners(control, gates, sandbox, production)


def _gates(listeners: Listeners, environment: Mapping[str, str]) -> list[Program]:
    upstreams = {
        "sandbox": f"http://{_reachable(listeners.example_sandbox)}",
        "production": f"http://{_reachable(listeners.example_production)}",
    }
    return [
        Program(
            name=f"gate {number + 1}" if len(listeners.gates) > 1 else "gate",
            module="freehold.gate.__main__",
            environment={
                **environment,
                "FREEHOLD_EXAMPLE_UPSTREAMS": json.dumps(upstreams),
                "FREEHOLD_WORKER": str(number),
            },
            sockets={"FREEHOLD_GATE_FD": gate},
            drains=True,
        )
        for number, gate in enumerate(listeners.gates)
    ]


def _example(settings: Settings, listeners: Listeners, environment: Mapping[str, str]) -> Program:
    known = {name: value for name, value in environment.items() if name not in _PRIVATE}
    return Program(
        name="example", module="freehold.example.__main__",
        environment=known | {
            "FREEHOLD_EXAMPLE_TOKEN_FILE": str(settings.data / EXAMPLE_TOKEN_FILE),
            "FREEHOLD_EXAMPLE_PUBLISH_URL": f"http://{_reachable(listeners.control)}",
        },
        sockets={
            "FREEHOLD_EXAMPLE_SANDBOX_FD": listeners.example_sandbox,
            "FREEHOLD_EXAMPLE_PRODUCTION_FD": listeners.example_production,
        },
    )  # fmt: skip


def _reachable(listener: socket.socket) -> str:
    """Where this machine itself reaches a listener: a wildcard address is reached on loopback."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": _LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 — compared, not bound
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
