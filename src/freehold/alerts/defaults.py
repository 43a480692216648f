"""The rules that every project begins with. Pure: visible, editable and removable like any other."""

from typing import Final

from freehold.alerts.records import RuleSettings, Threshold

DEFAULT_RULES: Final = (
    RuleSettings(
        "Quota nearly spent", "quota_used", (Threshold(80), Threshold(100)),
        next_action="Raise the quota, or find out who spends it: the usage page shows it by key.",
    ),
    RuleSettings(
        "Failure rate", "failure_rate", (Threshold(5, 2),), window_s=300, minimum_count=20, severity="critical",
        next_action="Look at the failed requests: an upstream that answers 5xx, or a gate that is cut off.",
    ),
    RuleSettings(
        "Webhooks failing", "webhook_failure_rate", (Threshold(50, 20),), window_s=3600, minimum_count=5,
        next_action="Look at the endpoint's latest deliveries: each says what the receiver answered.",
    ),
    RuleSettings(
        "Key expiring", "key_expiring", (Threshold(7), Threshold(1)), comparison="below",
        next_action="Move the key's expiry, or issue another key and bring its callers over.",
    ),
)  # fmt: skip
