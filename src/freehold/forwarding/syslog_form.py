"""An entry as a syslog message (RFC 5424), and a stream of them (octet counting: RFC 6587, section 3.4.1; RFC 5425). Pure.

The message's text is the entry as JSON in ASCII, which needs no byte order mark (section 6.4, MSG-ANY); what receivers
search by stands in the structured data.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from freehold.forwarding.entry_form import facts_of
from freehold.forwarding.records import Place, Transport
from freehold.organizations.records import AuditEntry

# Section 6.2.1: informational.
_SEVERITY: Final = 6
_APP: Final = "freehold"
# RFC 5612: the number for examples. Freehold has none of its own.
_SD_ID: Final = "freehold@32473"
_MSGID_MAX: Final = 32
_HOST_MAX: Final = 255
_VALUE_MAX: Final = 256
# What receivers commonly take: rsyslog 8 KiB unless set; a datagram 2 KiB (RFC 5424, section 6.1).
BYTES_MAX: Final[Mapping[Transport, int]] = {"tls": 8192, "tcp": 8192, "udp": 2048}


def message_of(place: Place, entry: AuditEntry, hostname: str) -> bytes:
    """One message. What an entry changed is left out where it would be too long, and named in `left_out`: its id finds it."""
    facts = facts_of(entry)
    whole = _message(place, entry, hostname, facts)
    if len(whole) <= BYTES_MAX[place.transport]:
        return whole
    short = {name: value for name, value in facts.items() if name not in {"before", "after"}}
    short |= {"left_out": ["before", "after"]}
    whole = _message(place, entry, hostname, short)
    if len(whole) <= BYTES_MAX[place.transport]:
        return whole
    return _message(
        place, entry, hostname, {"id": entry.id, "left_out": ["everything that is not in the structured data"]}
    )


def framed(message: bytes) -> bytes:
    """A message as a stream has it: its length in octets, a blank, the message."""
    return f"{len(message)} ".encode() + message


def _message(place: Place, entry: AuditEntry, hostname: str, facts: Mapping[str, Any]) -> bytes:
    priority = place.facility * 8 + _SEVERITY
    head = f"<{priority}>1 {facts_of(entry)['at']} {_printable(hostname, _HOST_MAX)} {_APP} - {_printable(entry.action, _MSGID_MAX)}"
    text = json.dumps(facts, ensure_ascii=True, separators=(",", ":"))
    return f"{head} {_structured(entry)} {text}".encode()


def _structured(entry: AuditEntry) -> str:
    values = {
        "id": entry.id, "chain": entry.chain, "position": str(entry.position), "action": entry.action,
        "actorKind": entry.actor_kind, "actorId": entry.actor_id, "actor": entry.actor_name,
        "subjectKind": entry.subject_kind, "subjectId": entry.subject_id, "subject": entry.subject_name,
        "project": entry.project_id or "", "address": entry.address, "requestId": entry.request_id, "hash": entry.hash.hex(),
    }  # fmt: skip
    return f"[{_SD_ID}{''.join(f' {name}={_quoted(value)}' for name, value in values.items() if value)}]"


def _quoted(value: str) -> str:
    r"""Section 6.3.3: `"`, `\` and `]` are escaped; control characters, which receivers may not pass on, become blanks."""
    plain = "".join(each if each.isprintable() else " " for each in value[:_VALUE_MAX])
    for mark in ("\\", '"', "]"):
        plain = plain.replace(mark, f"\\{mark}")
    return f'"{plain}"'


def _printable(text: str, longest: int) -> str:
    """A header field: printable ASCII without blanks (section 6, PRINTUSASCII), `-` where nothing is left."""
    return "".join(each for each in text[:longest] if "!" <= each <= "~") or "-"
