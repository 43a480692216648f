"""Chat channels of a project: made, listed, removed. Their URLs are sealed, and shown by their host alone."""

from dataclasses import replace
from typing import Final, get_args
from urllib.parse import urlsplit

from freehold.alerts import notification_queries as queries
from freehold.alerts.records import Channel, ChannelKind
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.kit.encryption import open_sealed, seal
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.projects.slots import free_slot, slot_fault
from freehold.settings import Settings
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction
from freehold.webhooks.policy import policy_of
from freehold.webhooks.urls import BadUrl, check_url

CHANNELS_MAX: Final = 20
NAME_MAX: Final = 80
_PURPOSE: Final = "alert-channels"


def create_channel(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, project_id: str, kind: str, name: str, url: str, *,
    slot: str | None = None,
) -> Channel:  # fmt: skip
    """Make a chat channel of a project, to which all rules that notify by chat tell. `slot`: None, to be made from its name."""
    project = read_project(tx, actor, project_id)
    require(actor, "alerts.edit", project.organization_id)
    require_active(project)
    clean, safe = _checked(settings, project, kind, name, url, slot)
    # Of two at one instant the second sees the first: so that there are no more than may be, each in a slot of its own.
    audit.hold(tx, project.organization_id)
    slot = free_slot(slot, clean, queries.channel_slots_of(tx, project.id))
    if queries.count_channels(tx, project.id) >= CHANNELS_MAX:
        raise Problem("conflict", f"A project has at most {CHANNELS_MAX} chat channels. Remove one that is not needed.")
    channel_id = ids.new_id("chn")
    channel = Channel(
        id=channel_id, project_id=project.id, organization_id=project.organization_id, environment=project.environment,
        kind="slack" if kind == "slack" else "generic", name=clean,
        sealed_url=seal(secret.derive(_PURPOSE), safe.encode(), channel_id),
        shown_url=_shown(safe), created_by=actor.name, created_at=clock.now(), slot=slot,
    )  # fmt: skip
    with broken_constraint_means(
        Problem("already_exists", f"The project has a chat channel in the slot {slot!r}. Choose another one.")
    ):
        queries.insert_channel(tx, channel)
    _record(tx, actor, "alert_channel.created", channel, None)
    return channel


def edit_channel(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, channel_id: str, kind: str, name: str, url: str
) -> Channel:  # fmt: skip
    """Change what a channel is called, its kind and where it is; its slot stays."""
    channel = _own(tx, actor, channel_id)
    project = read_project(tx, actor, channel.project_id)
    require_active(project)
    clean, safe = _checked(settings, project, kind, name, url, None)
    changed = replace(
        channel, kind="slack" if kind == "slack" else "generic", name=clean, shown_url=_shown(safe),
        sealed_url=seal(secret.derive(_PURPOSE), safe.encode(), channel.id),
    )  # fmt: skip
    queries.change_channel(tx, changed)
    _record(tx, actor, "alert_channel.changed", changed, channel)
    return changed


def list_channels(tx: Transaction, actor: Actor, project_id: str) -> list[Channel]:
    """A project's chat channels, by name."""
    project = read_project(tx, actor, project_id)
    require(actor, "alerts.read", project.organization_id)
    return queries.channels_of(tx, project.id)


def delete_channel(tx: Transaction, actor: Actor, channel_id: str) -> Channel:
    """Remove a channel: its URL is erased, and what waits for it is not sent any more."""
    channel = _own(tx, actor, channel_id)
    queries.delete_channel(tx, channel_id, clock.now())
    _record(tx, actor, "alert_channel.deleted", None, channel)
    return channel


def open_url(secret: InstanceSecret, channel: Channel) -> str:
    """A channel's URL in the clear, for the request to it alone; CannotOpen where it is another row's."""
    return open_sealed(secret.derive(_PURPOSE), channel.sealed_url, channel.id).decode()


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def _own(tx: Transaction, actor: Actor, channel_id: str) -> Channel:
    """A channel that the actor may change, as it is once its organization's log is held: before any row of it is."""
    audit.hold(tx, _read(tx, actor, channel_id).organization_id)
    return _read(tx, actor, channel_id)


def _read(tx: Transaction, actor: Actor, channel_id: str) -> Channel:
    channel = queries.find_channel(tx, channel_id)
    known = actor.kind == "system" or actor.looks_everywhere
    if channel is None or not (known or channel.organization_id in actor.roles):
        raise not_found("chat channel")
    require(actor, "alerts.edit", channel.organization_id)
    return channel


def _checked(
    settings: Settings, project: Project, kind: str, name: str, url: str, slot: str | None
) -> tuple[str, str]:  # fmt: skip
    """A channel's name and URL in their one form. Problem `invalid` names everything that is wrong."""
    errors, clean, safe = [], clean_name(name), ""
    if not (1 <= len(clean) <= NAME_MAX and clean.isprintable()):
        errors.append(FieldError("name", f"A name is 1 to {NAME_MAX} printable characters.", "bad_name"))
    if kind not in get_args(ChannelKind):
        errors.append(FieldError("kind", f"One of {', '.join(get_args(ChannelKind))}.", "unknown_kind"))
    try:
        safe = check_url(url.strip(), project.environment, policy_of(settings, project.environment)).url
    except BadUrl as bad:
        errors.append(FieldError("url", str(bad), "bad_url"))
    if fault := slot_fault(slot):
        errors.append(fault)
    if errors:
        raise invalid(*errors)
    return clean, safe


def _record(tx: Transaction, actor: Actor, action: str, new: Channel | None, old: Channel | None) -> None:
    channel = new or old
    if channel is None:
        return
    audit.record(
        tx, actor, action, organization_id=channel.organization_id, subject_kind="alert_channel",
        subject_id=channel.id, subject_name=channel.name, project_id=channel.project_id,
        before=_facts(old) if old else None, after=_facts(new) if new else None,
    )  # fmt: skip


def _facts(channel: Channel) -> dict[str, str]:
    return {"kind": channel.kind, "name": channel.name, "url": channel.shown_url}
