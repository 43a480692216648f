"""Pages on their way out: HTML answers, redirects after a form, and notices of what was just done.

A form that succeeds answers 303 to a page that can be reloaded; what happened is named there by a
word of a closed set in the address (`?done=archived`), so that nobody can put words on our pages. How far
a change has come stands beside it in numbers (`&confirmed_by=3&silent=0&propagation_ms=12`).
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar import MediaType, Response

from freehold.dashboard.policy import content_security_policy
from freehold.dashboard.templating import render_page, render_part
from freehold.dashboard.views.shell import Notice, Shell
from freehold.dashboard.words import plural
from freehold.store.propagation import Confirmation

_DIGITS_MAX: Final = 9

NOTICES: Final[dict[str, str]] = {
    "saved": "Saved.",
    "scope-saved": "The scope is saved.",
    "limits-saved": "The limits are saved.",
    "archived": "The project is archived. Its keys no longer serve.",
    "restored": "The project is restored. Its keys serve again.",
    "key-saved": "The key is changed.",
    "key-undeclared": "The project declares this key no more.",
    "key-revoked": "The key is revoked.",
    "secret-retired": "The old secret is retired.",
    "overlap-saved": "The overlap is changed.",
    "endpoint-saved": "The webhook endpoint is saved.",
    "endpoint-deleted": "The webhook endpoint is deleted. What it received stays on record.",
    "endpoint-paused": "The webhook endpoint is paused.",
    "clock-moved": "The endpoint's clock is moved on. What is due is sent within a second.",
    "inbox-saved": "The inbox answers as you chose.",
    "endpoint-resumed": "The webhook endpoint is active again.",
    "delivery-replayed": "It is sent once more.",
    "replay-started": "The replay has begun. It goes on whatever happens to this page.",
    "replay-canceled": "The replay is canceled. What it has replayed is sent all the same.",
    "report-requested": "The report is being made. It goes on whatever happens to this page.",
    "export-requested": "What was missing is asked for. It is made whatever happens to this page.",
    "price-list-made": "The price list is made. It holds from its day on.",
    "price-list-withdrawn": "The price list is withdrawn. It will not take effect.",
    "report-canceled": "The report is canceled.",
    "schedule-saved": "The report schedule is saved.",
    "schedule-paused": "The report schedule is paused.",
    "schedule-resumed": "The report schedule runs again, with your rights.",
    "schedule-deleted": "The report schedule is deleted. Its reports stay.",
    "rule-saved": "The alert rule is saved.",
    "rule-deleted": "The alert rule is deleted. Its firings stay on record.",
    "rule-muted": "The rule is muted.",
    "rule-unmuted": "The rule is no longer muted.",
    "rule-tested": "The test is on its way. What comes of it shows below.",
    "firing-taken": "You have taken it on.",
    "channel-saved": "The chat channel is added.",
    "channel-removed": "The chat channel is removed, and its URL erased.",
    "attested": "It is attested.",
    "finding-accepted": "The finding is accepted, until it expires.",
    "withdrawn": "It is withdrawn.",
    "check-asked": "It is being asked. What it answers shows here within seconds.",
    "policy-saved": "The readiness policy is saved. Projects are looked at by it within a minute.",
    "check-saved": "The check is saved.",
    "check-removed": "The check is removed.",
    "bindings-saved": "The bindings for production are saved.",
    "shape-restored": "The project declares again what it did then.",
    "drift-promoted": "Production has taken what was promoted.",
    "drift-reverted": "The sandbox has taken production's values.",
    "drift-accepted": "The differences are accepted.",
    "acceptance-withdrawn": "The difference counts again.",
    "project-locked": "The project is locked: promotion alone changes what it declares.",
    "project-unlocked": "The project is unlocked.",
    "access-requested": "It is asked for. Reviewers hear of it by e-mail, and so do you of what they decide.",
    "access-withdrawn": "The request is withdrawn.",
    "access-approved": "It is approved. The team hears of it by e-mail.",
    "access-denied": "It is denied. The team hears of it, with the reason, by e-mail.",
    "changes-asked": "The team is asked for changes, by e-mail too.",
    "review-answered": "Your answer is on its way: it waits for the reviewer again.",
    "review-commented": "Your comment is on record, and on its way to the other side.",
    "forwarding-saved": "The forwarding is saved. It is tried at once.",
    "forwarding-added": "The forwarding is added. What comes from now on is sent.",
    "forwarding-paused": "The forwarding is paused. What comes meanwhile waits in the log.",
    "forwarding-resumed": "The forwarding goes on.",
    "forwarding-removed": "The forwarding is removed, and where it went is erased.",
    "member-saved": "The role is changed.",
    "member-removed": "The member is removed.",
    "left": "You have left the organization.",
    "invitation-withdrawn": "The invitation is withdrawn.",
    "token-revoked": "The token is revoked.",
    "signed-out-elsewhere": "All other sessions are ended.",
    "session-ended": "The session is ended.",
    "password-changed": "The password is changed, and all other sessions are ended.",
    "account-deleted": "Your account is deleted. Your name is being taken out of history.",
    "joined": "Welcome to the organization.",
    "signed-out": "You are signed out.",
    "api-saved": "The API is saved.",
    "api-fails-open": "The API fails open.",
    "api-fails-closed": "The API fails closed.",
    "api-made": "The API is registered. Import its OpenAPI document next.",
    "retention-saved": "It is kept so from now on. What is older goes within minutes.",
    "organization-waits": "The organization waits to be deleted. Its keys have stopped.",
    "organization-restored": "The organization is restored. Its keys serve again.",
    "organization-made": "The organization is made, and you own it. Invite its people next.",
}


def page(template: str, shell: Shell, view: Any, status: int = 200) -> Response[str]:
    """A whole page."""
    return Response(render_page(template, shell, view), status_code=status, media_type=MediaType.HTML)


def part(template: str, block: str, shell: Shell, view: Any, status: int = 200) -> Response[str]:
    """One block of a page, for htmx, with the policy that lets its attributes count."""
    return Response(
        render_part(template, block, shell, view), status_code=status, media_type=MediaType.HTML,
        headers={"Content-Security-Policy": content_security_policy(shell.nonce)},
    )  # fmt: skip


def see_other(path: str, done: str = "", confirmation: Confirmation | None = None) -> Response[Any]:
    """After a form: go and look there (RFC 9110, section 15.4.4), and see which gates decide by what was done.

    `path` may have a query of its own.
    """
    said = {"done": done} if done else {}
    query = urlencode(said | (asdict(confirmation) if confirmation else {}))
    return Response(
        None, status_code=303, headers={"Location": f"{path}{'&' if '?' in path else '?'}{query}" if query else path}
    )


def notice(query: Mapping[str, str]) -> Notice | None:
    """The sentences of a word in the address and of the numbers beside it; none for a word that is not ours."""
    text = NOTICES.get(query.get("done", ""))
    if text is None:
        return None
    confirmed_by, silent, after_ms = (_number(query.get(each.name, "")) for each in fields(Confirmation))
    if confirmed_by is None or silent is None or after_ms is None:
        return Notice(text=text)
    return Notice(text=f"{text} {_reach(confirmed_by, silent, after_ms)}", tone="warn" if silent else "ok")


def _reach(confirmed_by: int, silent: int, after_ms: int) -> str:
    """Which gate processes decide by a change, in words."""
    said = f"In force at {plural(confirmed_by, 'verifier')} after {after_ms:,} ms."
    if not (confirmed_by or silent):
        said = "No gate is running now."
    if not silent:
        return said
    missing = f"{plural(silent, 'verifier')} did not answer: until it hears again, it refuses all keys by itself"
    return f"{said} {missing}, but for APIs that fail open."


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else None


def sign_in_address(path: str, query: str) -> str:
    """Where to sign in, coming back to an address afterwards."""
    return f"/sign-in?next={quote(f'{path}?{query}' if query else path)}"


def safe_next(address: str) -> str:
    """An address to go on to after signing in: a path of this site, else the start."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if plain and address.isprintable() else "/"
