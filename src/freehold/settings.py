"""Every setting: its environment variable, type, unit, default and meaning.

The one list that the CLI's help, the documentation and the processes share. A setting is read
once, at the start of a process, into a frozen `Settings`; nothing else reads the environment.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

# In FREEHOLD_REPORTS_KEY: the key that comes of the instance's secret.
INSTANCE_KEY: Final = "instance"


class BadSetting(ValueError):
    """A setting whose text cannot be understood. The message is one sentence for the operator."""


def _setting(default: Any, variable: str, meaning: str) -> Any:
    return field(default=default, metadata={"variable": variable, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Settings:
    """What one instance runs with."""

    data: Path = _setting(Path("data"), "FREEHOLD_DATA", "The data directory: database, secret, journal.")
    database_url: str = _setting(
        "",
        "FREEHOLD_DATABASE_URL",
        "postgresql://user:password@host:port/name; SQLite in the data directory when empty.",
    )
    secret: str = _setting(
        "",
        "FREEHOLD_SECRET",
        "The instance's secret as hexadecimal (32 bytes or more); in secret.key of the data directory when empty. Every node of a cluster has the same.",
    )
    host: str = _setting(
        "127.0.0.1", "FREEHOLD_HOST", "The address that the dashboard, the API and the gate listen on."
    )
    port: int = _setting(8400, "FREEHOLD_PORT", "The port of the dashboard and the API.")
    gate_port: int = _setting(8401, "FREEHOLD_GATE_PORT", "The port of the gate.")
    workers: int = _setting(1, "FREEHOLD_WORKERS", "How many gate processes share the gate's port.")
    public_url: str = _setting(
        "",
        "FREEHOLD_PUBLIC_URL",
        "Where browsers reach the dashboard; http://host:port when empty. With https, cookies are marked Secure.",
    )
    gate_url: str = _setting(
        "", "FREEHOLD_GATE_URL", "Where callers reach the gate; http://host:gate_port (https with TLS) when empty."
    )
    gate_tls_certificate: str = _setting(
        "",
        "FREEHOLD_GATE_TLS_CERTIFICATE",
        "The file of the gate's TLS certificate and its chain (PEM). The gate speaks plain HTTP when empty; a renewed file is taken within seconds.",
    )
    gate_tls_key: str = _setting(
        "", "FREEHOLD_GATE_TLS_KEY", "The file of the key of the gate's TLS certificate (PEM, without a passphrase)."
    )
    brand: str = _setting("fh", "FREEHOLD_BRAND", "The first part of every key: 2 to 8 lower-case letters.")
    session_days: int = _setting(14, "FREEHOLD_SESSION_DAYS", "How many days a session lasts without use.")
    invitation_days: int = _setting(7, "FREEHOLD_INVITATION_DAYS", "How many days an invitation can be accepted.")
    organization_grace_days: int = _setting(
        30,
        "FREEHOLD_ORGANIZATION_GRACE_DAYS",
        "How many days an organization that is to be deleted can be restored, before it is deleted for good.",
    )
    epoch_poll_ms: int = _setting(
        50, "FREEHOLD_EPOCH_POLL_MS", "How often a gate process asks the database for changes, in milliseconds."
    )
    staleness_s: float = _setting(
        2.0,
        "FREEHOLD_STALENESS_S",
        "A gate process that has not heard the database for this many seconds denies with `unavailable`.",
    )
    keys_in_memory_max: int = _setting(
        1_000_000,
        "FREEHOLD_KEYS_IN_MEMORY_MAX",
        "How many secrets of keys one gate process holds in memory, at about 500 bytes each; others are read when they are used.",
    )
    journal_flush_ms: int = _setting(
        100,
        "FREEHOLD_JOURNAL_FLUSH_MS",
        "How often the journal is forced to the disk, in milliseconds: what a power loss can take.",
    )
    journal_full: str = _setting(
        "refuse",
        "FREEHOLD_JOURNAL_FULL",
        "What a gate does when its disk takes no usage: `refuse` answers 503; `shed` decides and answers without a record, and counts and shows how often.",
    )
    segment_bytes: int = _setting(
        8 * 1024 * 1024, "FREEHOLD_SEGMENT_BYTES", "The size at which a journal segment is closed and the next begun."
    )
    collect_ms: int = _setting(
        100, "FREEHOLD_COLLECT_MS", "How often the collector looks for new usage events, in milliseconds."
    )
    usage_days: int = _setting(
        30,
        "FREEHOLD_USAGE_DAYS",
        "How many days single requests are kept. Their sums stay; so may they, in an archive.",
    )
    minutes_days: int = _setting(2, "FREEHOLD_MINUTES_DAYS", "How many days sums by the minute are kept.")
    hours_days: int = _setting(
        400, "FREEHOLD_HOURS_DAYS", "How many days sums by the hour are kept. Days and months are kept for good."
    )
    reports: str = _setting(
        "",
        "FREEHOLD_REPORTS",
        "Where reports' files are: a folder, or s3://bucket/prefix, gs://…, az://… or another URL that fsspec knows (needs freehold[objects]; credentials from the environment). Several nodes share it. Empty: `reports` in the data directory.",
    )
    reports_key: str = _setting(
        "",
        "FREEHOLD_REPORTS_KEY",
        "The keys that reports' files are encrypted with, with commas: each 64 hexadecimal digits, or `instance` for one that comes of the instance's secret. The first encrypts, all decrypt. Empty: files are not encrypted.",
    )
    reports_days: int = _setting(
        90,
        "FREEHOLD_REPORTS_DAYS",
        "How many days reports' files are kept, unless a report says otherwise. Their records stay.",
    )
    archive: str = _setting(
        "",
        "FREEHOLD_ARCHIVE",
        "The folder that single requests go to when they are no longer kept, as Parquet files; several nodes share it. Needs freehold[archive]. Empty: they are deleted.",
    )
    head_bytes_max: int = _setting(
        32 * 1024, "FREEHOLD_HEAD_BYTES_MAX", "The largest request line and headers that are read."
    )
    verify_body_bytes_max: int = _setting(
        16 * 1024, "FREEHOLD_VERIFY_BODY_BYTES_MAX", "The largest body of a verify call."
    )
    api_body_bytes_max: int = _setting(
        2 * 1024 * 1024, "FREEHOLD_API_BODY_BYTES_MAX", "The largest body of a call to the API."
    )
    gate_connections_max: int = _setting(
        20_000, "FREEHOLD_GATE_CONNECTIONS_MAX", "The most connections of one gate process."
    )
    gate_idle_s: float = _setting(
        75.0, "FREEHOLD_GATE_IDLE_S", "How long a kept-alive connection to the gate may be silent."
    )
    gate_head_s: float = _setting(
        10.0,
        "FREEHOLD_GATE_HEAD_S",
        "How long a client may take to send its request head, and each further part of a body, to the gate and to the API.",
    )
    upstream_connect_s: float = _setting(
        5.0, "FREEHOLD_UPSTREAM_CONNECT_S", "How long the gateway tries to connect to an upstream."
    )
    upstream_idle_s: float = _setting(
        300.0,
        "FREEHOLD_UPSTREAM_IDLE_S",
        "How long an answer that an upstream has begun may say nothing (server-sent events, say) before the gateway breaks it off, in seconds.",
    )
    upstream_answer_s: float = _setting(
        30.0,
        "FREEHOLD_UPSTREAM_ANSWER_S",
        "How long the gateway waits for an upstream's answer to begin, in seconds.",
    )
    drain_s: float = _setting(10.0, "FREEHOLD_DRAIN_S", "How long running requests may finish after SIGTERM.")
    metrics_token: str = _setting(
        "",
        "FREEHOLD_METRICS_TOKEN",
        "What a reader of /metrics sends as its bearer token. Empty: whoever asks from this machine itself, through no proxy, may read them.",
    )
    trusted_proxies: str = _setting(
        "127.0.0.0/8,::1/128",
        "FREEHOLD_TRUSTED_PROXIES",
        "Networks whose X-Forwarded-For is believed, as CIDRs with commas.",
    )
    webhook_allow: str = _setting(
        "",
        "FREEHOLD_WEBHOOK_ALLOW",
        "Private networks that webhooks may be sent to, as CIDRs with commas. In the embedded default (SQLite), sandbox webhooks may also reach loopback.",
    )
    webhook_ports: str = _setting("80,443,1024-65535", "FREEHOLD_WEBHOOK_PORTS", "Ports that webhooks may be sent to.")
    smtp_url: str = _setting(
        "",
        "FREEHOLD_SMTP_URL",
        "The server that mails are sent by: smtp://user:password@host:587 (with STARTTLS, always), smtps://user:password@host:465, or smtp+plain://host:25 without a password. No mail is sent when empty.",
    )
    smtp_from: str = _setting(
        "",
        "FREEHOLD_SMTP_FROM",
        "Whom mails come from: Freehold <freehold@example.com>; freehold@ the server's host when empty.",
    )

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded default: SQLite in the data directory."""
        return not self.database_url

    @property
    def control_url(self) -> str:
        """Where browsers and API callers reach the control plane, without a slash at the end."""
        return (self.public_url or f"http://{_bracketed(self.host)}:{self.port}").rstrip("/")

    @property
    def gate_base_url(self) -> str:
        """Where API traffic reaches the gate, without a slash at the end."""
        scheme = "https" if self.gate_tls_certificate else "http"
        return (self.gate_url or f"{scheme}://{_bracketed(self.host)}:{self.gate_port}").rstrip("/")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "port": (0, 65535), "gate_port": (0, 65535), "workers": (1, 128), "session_days": (1, 365),
    "invitation_days": (1, 90), "organization_grace_days": (1, 365), "epoch_poll_ms": (5, 1000), "staleness_s": (0.1, 3600),
    "keys_in_memory_max": (1, 100_000_000),
    "journal_flush_ms": (1, 10_000), "segment_bytes": (4096, 1 << 30), "collect_ms": (5, 10_000),
    "usage_days": (1, 3660), "minutes_days": (1, 3660), "hours_days": (1, 36_600), "reports_days": (1, 3660), "head_bytes_max": (1024, 1 << 20), "verify_body_bytes_max": (512, 1 << 20),
    "api_body_bytes_max": (1024, 64 << 20), "gate_connections_max": (1, 1_000_000), "gate_idle_s": (0.1, 3600),
    "gate_head_s": (0.1, 3600), "upstream_connect_s": (0.1, 300), "upstream_answer_s": (0.1, 3600), "upstream_idle_s": (0.1, 86_400), "drain_s": (0, 3600),
}  # fmt: skip


def load(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from the environment, overridden by those given that are not None; BadSetting says what is wrong."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for each in fields(Settings):
        text = environment.get(each.metadata["variable"], "")
        if given.get(each.name) is not None:
            values[each.name] = given[each.name]
        elif text:
            values[each.name] = _read(each.metadata["variable"], text, type(each.default))
    settings = Settings(**values)
    _check(settings)
    return settings


def _read(variable: str, text: str, kind: Callable[[str], Any]) -> Any:
    try:
        return Path(text) if kind is type(Path()) else kind(text)
    except ValueError:
        raise BadSetting(
            f"{variable} should be {'a whole number' if kind is int else 'a number'}, not {text!r}."
        ) from None


def _check(settings: Settings) -> None:
    for each in fields(Settings):
        bounds = _BOUNDS.get(each.name)
        value = getattr(settings, each.name)
        if bounds and not bounds[0] <= value <= bounds[1]:
            raise BadSetting(f"{each.metadata['variable']} should be {bounds[0]:g} to {bounds[1]:g}, not {value}.")
    if not (
        settings.brand.isascii()
        and settings.brand.isalpha()
        and settings.brand.islower()
        and 2 <= len(settings.brand) <= 8
    ):
        raise BadSetting(f"FREEHOLD_BRAND should be 2 to 8 lower-case letters, not {settings.brand!r}.")
    if settings.journal_full not in ("refuse", "shed"):
        raise BadSetting(f"FREEHOLD_JOURNAL_FULL should be refuse or shed, not {settings.journal_full!r}.")
    for text in filter(None, settings.trusted_proxies.split(",")):
        try:
            ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            raise BadSetting(f"FREEHOLD_TRUSTED_PROXIES should be networks such as 10.0.0.0/8, not {text!r}.") from None
    _check_reports(settings)
    if settings.database_url and not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise BadSetting("FREEHOLD_DATABASE_URL should begin with postgresql://; leave it empty for SQLite.")


def _check_reports(settings: Settings) -> None:
    scheme, is_url, place = settings.reports.partition("://")
    if is_url:
        # Neither is repeated here: there are passwords in it.
        if not (scheme.replace("+", "").isalnum() and place.strip("/")):
            raise BadSetting("FREEHOLD_REPORTS should be a folder, or a URL such as s3://bucket/reports.")
        if ":" in place.partition("/")[0].rpartition("@")[0] or "?" in place or "#" in place:
            raise BadSetting(
                "FREEHOLD_REPORTS should be a URL without a password or options: they come from the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and so on)."
            )
    for text in filter(None, settings.reports_key.split(",")):
        if text.strip() != INSTANCE_KEY and not re.fullmatch("[0-9a-fA-F]{64}", text.strip()):
            raise BadSetting(
                f"FREEHOLD_REPORTS_KEY should be keys of 64 hexadecimal digits, or {INSTANCE_KEY}, with commas."
            )
