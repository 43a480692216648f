"""The Content-Security-Policy of the dashboard's answers, and the nonce that htmx asks for.

Nothing runs or loads but what this origin serves. The nonce lets nothing more through: htmx's
hx-csp extension only obeys attributes that carry it, so that markup which was smuggled into a page
cannot make requests in the reader's name.
"""

import secrets
from typing import Final

_DIRECTIVES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


def new_nonce() -> str:
    """A fresh nonce for one page or part: 128 random bits."""
    return secrets.token_urlsafe(16)


def content_security_policy(nonce: str = "") -> str:
    """The header of a page (no nonce), or of a part of one that htmx fetched (the nonce of that part).

    A part's policy governs no document: hx-csp reads the nonce of the new part out of it.
    """
    policy = "; ".join(_DIRECTIVES)
    return policy.replace("script-src 'self'", f"script-src 'self' 'nonce-{nonce}'") if nonce else policy
