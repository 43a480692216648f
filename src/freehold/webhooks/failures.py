"""What went wrong on the way to a receiver, in one sentence for its engineer.

Names no address and repeats nothing that the receiver said: a log line, not a channel.
"""

import os
import ssl
from typing import Final

import aiohttp

from freehold.webhooks.connector import Blocked, Marks


def blocked_cause(error: Exception) -> Blocked | None:
    """The refusal behind an error, where there is one."""
    if isinstance(error, Blocked):
        return error
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Blocked):
        return error.os_error
    return None


def failure_words(error: Exception, marks: Marks, timeout: aiohttp.ClientTimeout) -> str:
    """Why there is no complete answer, in one sentence."""
    match error:
        case TimeoutError():
            return _timeout_words(marks, timeout)
        case aiohttp.ClientConnectorCertificateError():
            return f"The receiver's certificate is not valid: {_certificate_fault(error.certificate_error)}."
        case aiohttp.ClientConnectorError() if type(error) is aiohttp.ClientConnectorError:
            return f"No connection: {_system_words(error.os_error)}."
    known = next((words for kind, words in _WORDS if isinstance(error, kind)), None)
    return known or f"The connection broke: {_system_words(error)}."


# In this order: the first kind that fits.
_WORDS: Final = (
    (
        aiohttp.ClientConnectorDNSError,
        "The host's name could not be looked up: it has no address, or its name server does not answer.",
    ),
    (ssl.SSLError, "The receiver and Freehold could not agree on TLS."),
    (aiohttp.ClientPayloadError, "The answer broke off before its end."),
    (aiohttp.ClientResponseError, "The answer is no HTTP that can be read, or its head is too large."),
    (aiohttp.ServerDisconnectedError, "The receiver closed the connection without an answer."),
)


def _timeout_words(marks: Marks, timeout: aiohttp.ClientTimeout) -> str:
    if marks.dns_started and not marks.dns_ended and not marks.connected:
        return f"The host's name was not looked up within {timeout.connect:g} s."
    if not marks.connected and not marks.reused:
        return f"No connection within {timeout.connect:g} s."
    if not marks.answered:
        return f"No answer within {timeout.total:g} s."
    return f"The answer had begun but was not complete within {timeout.total:g} s."


def _system_words(error: Exception) -> str:
    # errno's own words, never the exception's: those name addresses.
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else "the network does not say why"


def _certificate_fault(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else "its name or chain does not fit"
