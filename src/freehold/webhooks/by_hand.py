"""How a receiver's engineer checks an attempt's signature by hand: a few lines of shell. Pure.

Nothing secret is in them: the secret is typed in by whoever has it.
"""

import shlex
from typing import Final

from freehold.webhooks.outgoing import signed_text
from freehold.webhooks.records import Attempt

# What is longer is read from a file: an argument of a shell may be too long for the system.
_TEXT_CHARACTERS_MAX: Final = 16_000


def by_hand(attempt: Attempt) -> str:
    """Shell that prints the `v1` signature of what an attempt sent, to be compared with those that it carried."""
    sent = dict(attempt.request_headers)
    text = signed_text(attempt)
    signed = (
        f"printf %s {shlex.quote(text)}"
        if len(text) <= _TEXT_CHARACTERS_MAX
        else "cat signed.txt  # the signed text above, without a line break at its end"
    )
    lines = [
        "# The endpoint's signing secret, as it was shown when it was made or rotated.",
        "SECRET='whsec_…'",
        "KEY=$(printf %s \"${SECRET#whsec_}\" | base64 -d | od -An -v -tx1 | tr -d ' \\n')",
        "signed() {",
        f"  {signed}",
        "}",
        'echo "v1,$(signed | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)"',
        "# It should be among what was sent:",
        *(f"#   {each}" for each in sent.get("webhook-signature", "").split(" ") if each),
    ]
    return "\n".join(lines)
