"""`freehold webhooks metrics`: how an endpoint fares."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import json_option, time_options


@click.command("metrics")
@click.argument("webhook")
@time_options
@json_option
def show_metrics(webhook: str, as_json: bool, **question: str | None) -> None:
    """Show how an endpoint fares: success, attempts, latency, and what waits. The last 24 hours unless given.

    \b
    Examples:
      freehold webhooks metrics whe_…
      freehold webhooks metrics whe_… --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z
    """
    found = Api.current().get(f"/v1/webhooks/{segment(webhook)}/metrics", question)
    if as_json:
        output.print_json(found)
        return
    _show(found)
    rows = [
        [each["at"], each["delivered"], each["failed"], each["pending"]]
        for each in found["series"]
        if each["delivered"] or each["failed"] or each["pending"]
    ]
    click.echo()
    output.print_table(["from", "delivered", "failed", "pending"], rows, "Nothing was to be delivered.")


def _show(found: dict[str, Any]) -> None:
    rate, latency, waits, last = found["success_rate"], found["latency"], found["pressure"], found["last_accepted"]
    took = ", ".join(f"{name} {latency[f'{name}_ms']:.1f} ms" for name in ("p50", "p95", "p99", "max") if latency["of"])
    output.print_facts(
        {
            "Range": f"{output.text_of(found['from'])} to {output.text_of(found['to'])}",
            "Success": None if rate is None else f"{rate:.2%} of what is finished",
            "Deliveries": _counted(found["totals"]),
            "Attempts": _counted(found["attempts"]),
            "Answers took": took,
            "Waiting now": _counted({name: waits[name] for name in ("pending", "retrying", "due", "parked")}),
            "Next retry": waits["next_retry_at"],
            "Oldest of them": waits["oldest_at"],
            "Last accepted": f"{output.text_of(last['at'])} ({last['delivery']})" if last else "never",
        }
    )


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"
