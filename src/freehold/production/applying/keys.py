"""A project's keys, issued and declared, brought to a shape. A key is never issued here: people do that, who keep its text."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from freehold.keys.actions import edit_key, revoke_key
from freehold.keys.declaring import declare_key, redeclare_key, undeclare_key
from freehold.keys.records import Key
from freehold.keys.settings_rules import KeySettings, normal_network
from freehold.keys.templates import KeyTemplate, narrowed_to
from freehold.production.applying.checking import key_settings
from freehold.production.applying.tools import Shaping, telling_of
from freehold.production.shape.slots import several


def remove(work: Shaping) -> None:
    """Revoke the keys that are not wanted, which is for good, and take back those that were only declared."""
    for name in sorted({*work.assets.keys, *work.assets.declared} - work.wanted["keys"].keys()):
        with telling_of("keys", name):
            if name in work.assets.keys:
                revoke_key(work.tx, work.actor, work.assets.keys[name].id)
            if name in work.assets.declared:
                undeclare_key(work.tx, work.actor, work.project.id, name)


def change(work: Shaping) -> None:
    """Declare the keys that are not there, and change those that are."""
    for name, key in sorted(work.wanted["keys"].items()):
        before = work.assets.networks_of(name)
        networks = _networks(work, name, key, before)
        there = name in work.assets.keys or name in work.assets.declared
        if there and set(networks) == set(before) and not _differs(work, name, key):
            continue
        with telling_of("keys", name):
            _bring(work, name, key, networks)


def _bring(work: Shaping, name: str, key: Mapping[str, Any], networks: tuple[str, ...]) -> None:
    if issued := work.assets.keys.get(name):
        _change_issued(work, issued, key, networks)
    elif declared := work.assets.declared.get(name):
        redeclare_key(work.tx, work.actor, declared, key, networks)
    else:
        declare_key(work.tx, work.actor, work.project.id, name, key, networks)


def _change_issued(work: Shaping, issued: Key, key: Mapping[str, Any], networks: tuple[str, ...]) -> None:
    days = key["expires_after_days"]
    expires_at = None if days is None else issued.created_at + timedelta(days=days)
    if days == work.present["keys"][issued.name]["expires_after_days"]:
        expires_at = issued.expires_at

    def changed(_old: KeySettings) -> KeySettings:
        return key_settings(issued.name, key, networks, expires_at)

    edit_key(work.tx, work.actor, issued.id, changed)


def _differs(work: Shaping, name: str, key: Mapping[str, Any]) -> bool:
    """Whether a key would not be as wanted once the scope is: what a declared key is narrowed to may come back with it."""
    declared: KeyTemplate | None = work.assets.declared.get(name)
    if declared is None or name in work.assets.keys:
        return bool(work.present["keys"][name] != key)
    return narrowed_to(declared, work.wanted["scope"]["endpoints"]) != key


def _networks(work: Shaping, name: str, key: Mapping[str, Any], before: tuple[str, ...]) -> tuple[str, ...]:
    if not key["restricted"]:
        return ()
    given = several(work.bindings, "keys", name, "allowed_cidrs")
    return before if given is None else tuple(dict.fromkeys(normal_network(each) for each in given))
