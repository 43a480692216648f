"""Sample pages of alerts."""

from dataclasses import replace

from freehold.alerts.records import METRICS
from freehold.dashboard.charts import AxisLabel, Level, ThresholdChart
from freehold.dashboard.views import alerts as views
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger, Filter, Link, Pager
from tests.tidy.samples.frame import AT, NOW, PROJECT, Sample, ago, shell

_RULE = views.RuleRow(
    id="alr_1", name="Failure rate <b>", condition="Failure rate of 5 % or more within 5 minutes", state="firing",
    severity="critical", owner="Ines Okafor", fired=2, is_default=True,
)  # fmt: skip
_OPEN = views.FiringRow(
    id="fir_1", rule_id="alr_1", rule_name="Failure rate <b>", headline="12 % failed within 5 minutes", severity="critical", is_open=True,
    opened_at=ago(minutes=9), resolved_at=None, peak="18 %", acknowledged_by="",
)  # fmt: skip
_OVER = replace(_OPEN, id="fir_2", is_open=False, resolved_at=ago(hours=2), acknowledged_by="Ines Okafor")
_CHART = ThresholdChart(
    "Failure rate, %", tuple(Level(f"{n} Nov", n * 1.5, f"{n} %", crossed=n > 20) for n in range(30)), ((30.0, "30 %"),),
    (AxisLabel(3.5, "3 Nov"),),
)  # fmt: skip
_PAST = views.PastView(
    chart=_CHART, lines=("5 %: would have fired 3 times in the last 30 days.",), note="Side by side."
)
_FIELDS = views.RuleFields(
    metric="failure_rate", metric_title="Failure rate", unit="%", rate=True, spans=(Choice("300", "Within 5 minutes"),),
    comparisons=(Choice("above", "Above the threshold"), Choice("below", "Below the threshold")), has_period=True, hysteresis=True,
    keys=(Choice("key_1", "<checkout>"),), endpoints=(Choice("getCountry", "getCountry"),), reasons=(Choice("revoked", "Revoked"),),
    percentiles=(Choice("95", "p95"),), webhooks=(Choice("whe_1", "https://example.com/"),), owners=(Choice("usr_1", "Ines"),),
    severities=(Choice("warning", "Warning"),), ways=(Choice("email", "E-mail"),),
)  # fmt: skip
_VALUES = {
    "name": "Failure rate",
    "span": "300",
    "at_0": "5",
    "resolve_0": "2",
    "severity": "warning",
    "notify": ["email"],
}
_RECEIPT = views.ReceiptRow(
    event="Opened", way="Chat", target="#ops <b>", state="Failed", tone="bad", error="The receiver answered 500, not a 2xx.",
    at=ago(minutes=8), due_at=NOW, href="",
)  # fmt: skip


def _list(**more: object) -> Sample:
    usual = views.AlertsView(
        project_id=PROJECT, firing=(_OPEN,), rules=(_RULE, replace(_RULE, state="muted"), replace(_RULE, state="off", owner="")),
        history=(_OPEN, _OVER), pager=Pager(older=f"{AT}/alerts?cursor=c"),
        filters=(Filter(name="state", label="State", value="", choices=(("", "All"),)),),
        channels=(views.ChannelRow(id="chn_1", name="#ops", kind="slack", url="https://hooks.example/…"),),
        metrics=(Choice("requests", "Requests"),), channel_form=Form({"kind": "slack"}),
    )  # fmt: skip
    return Sample("alerts/list.html.j2", shell("alerts"), replace(usual, **more))  # type: ignore[arg-type]


def _one(**more: object) -> Sample:
    usual = views.RuleView(
        project_id=PROJECT, rule=_RULE, revision=3, created_by="Freehold", created_at=ago(days=9), evaluated_at=ago(minutes=1),
        muted_until=NOW, next_action="Look at the <failed> requests.", recipients=("ines@northgate.example",), fields=_FIELDS,
        past=_PAST, firings=(_OPEN, _OVER), tests=(_RECEIPT,), mutes=(Choice("", "Not muted"),),
        delete=Danger(consequences=("Its firings stay on record.",), name="Failure rate"), edit_form=Form(_VALUES),
        test_form=Form(), mute_form=Form(), delete_form=Form(),
    )  # fmt: skip
    return Sample("alerts/one.html.j2", shell("alerts"), replace(usual, **more))  # type: ignore[arg-type]


def _new(past: views.PastView, form: Form) -> Sample:
    metrics = tuple(Link(label=facts.title, href=f"{AT}/alerts/new?metric={name}") for name, facts in METRICS.items())
    view = views.NewRuleView(project_id=PROJECT, fields=_FIELDS, form=form, past=past, metrics=metrics)
    return Sample("alerts/new.html.j2", shell("alerts"), view)


def _firing(row: views.FiringRow, receipts: tuple[views.ReceiptRow, ...]) -> Sample:
    view = views.FiringView(
        project_id=PROJECT, firing=row, condition="Failure rate of 5 % or more", numbers=(("Failures", "12"),), start=ago(minutes=14),
        end=ago(minutes=9), as_of=ago(minutes=9), next_action="Look.", told_at=ago(minutes=9) if receipts else None, receipts=receipts,
        requests=Link(label="The requests behind it", href=f"{AT}/requests?kind=failed") if receipts else None,
        acknowledged_at=None if row.is_open else ago(hours=3), acknowledge_form=Form(),
    )  # fmt: skip
    return Sample("alerts/firing.html.j2", shell("alerts"), view)


def alert_pages() -> dict[str, Sample]:
    wrong = Form(_VALUES, errors={"name": "A name is needed.", "thresholds": "Give one.", "at_0": "Write a number."})
    none = views.PastView(reason="There is no quota yet.", now=(("<web>", "31 days", True), ("app", "2 days", False)))
    return {
        "alerts": _list(),
        "alerts-empty": _list(firing=(), rules=(), history=(), channels=(), filtered=False, pager=Pager()),
        "alerts-filtered": _list(history=(), filtered=True, channel_form=Form({}, errors={"url": "Not there."})),
        "alert-new": _new(_PAST, Form(_VALUES)),
        "alert-new-wrong": _new(none, wrong),
        "alert-new-blocked": _new(none, Form(_VALUES, blocked="Your role lets you look at this.")),
        "alert": _one(),
        "alert-quiet": _one(firings=(), tests=(), muted_until=None, evaluated_at=None, next_action="", recipients=()),
        "firing": _firing(_OPEN, (_RECEIPT, replace(_RECEIPT, href=f"{AT}/messages/msg_1", error="", due_at=None))),
        "firing-over": _firing(_OVER, ()),
    }
