"""The gateway over nginx proxying to the same API: small GETs, and 10 MB each way."""

from benchmarks.asked import request, write_requests
from benchmarks.contest import Contestant, hold
from benchmarks.gates import workshop
from benchmarks.plan import Plan
from benchmarks.proxying import BODY_BYTES, LARGE, SMALL, UPLOAD, pair
from benchmarks.records import Figure, Series, ratio
from benchmarks.run import main

# Each connection holds whole bodies in the load generator, so there are few.
_STREAMS = 4


def measure(plan: Plan) -> Figure:
    """Three pairs in turn; bodies are told in MB/s."""
    with workshop() as folder, pair(plan, folder) as both:
        contestants = []
        for name, method, path, body, connections in (
            ("small GET", "GET", SMALL, b"", 32),
            ("10 MB down", "GET", LARGE, b"", _STREAMS),
            ("10 MB up", "PUT", UPLOAD, bytes(BODY_BYTES), _STREAMS),
        ):
            label = name.replace(" ", "-")
            count = len(both.ours.keys) if connections > _STREAMS else _STREAMS
            ours = write_requests(folder / f"ours-{label}", both.gateway_requests(method, path, body, count))
            theirs = write_requests(folder / f"theirs-{label}", [request(method, path, {}, body)])
            contestants += [
                Contestant(
                    f"nginx, {name}", both.proxy_url, (both.proxy_pid,), both.check_proxy, theirs, False, connections
                ),
                Contestant(
                    f"gateway, {name}", both.ours.url, both.ours.pids, both.check_gateway, ours, True, connections
                ),
            ]
        series = hold(contestants, plan)
        claims = [
            ratio(f"the gateway over nginx proxying, {each.name.partition(', ')[2]}", each, other)
            for other, each in zip(series[::2], series[1::2], strict=True)
        ]
        note = both.ours.journal_note(series[1::2])
        shown = [*series[:2], *map(_in_mb, series[2:])]
        return Figure("gateway", "The gateway over nginx proxying", shown, claims, [note, "nginx checks nothing."])


def _in_mb(series: Series) -> Series:
    """Bodies a second as megabytes a second."""
    values = [round(each * BODY_BYTES / 1e6, 1) for each in series.values]
    beside = {name: values for name, values in series.beside.items() if name in ("busy", "requests")}
    return Series(series.name, "MB/s", values, beside, series.rss_mib, series.ours)


if __name__ == "__main__":
    main("gateway")
