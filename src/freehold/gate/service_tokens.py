"""Who asks for a verification: an organization's service token, and whose keys it may ask about."""

from freehold.errors import Problem
from freehold.gate.keyring import Keyring, TokenRecord
from freehold.gate.presented import bearer
from freehold.kit.secrets import InstanceSecret, keyed_digest


class ServiceTokens:
    """Recognises service tokens."""

    __slots__ = ("_keyring", "_pepper")

    def __init__(self, secret: InstanceSecret, keyring: Keyring) -> None:
        self._pepper = secret.derive("token-pepper")
        self._keyring = keyring

    def verifier(self, fields: dict[bytes, bytes], now_ms: int) -> TokenRecord:
        """The token that a request bears; Problem where it may not ask, Missing where it is not in memory."""
        text = bearer(fields)
        if text is None or not text.startswith(b"fho_"):
            raise Problem("unauthenticated", "Send an organization's service token as `Authorization: Bearer fho_…`.")
        return self.of_digest(keyed_digest(self._pepper, text.decode("latin-1")), now_ms)

    def digest(self, fields: dict[bytes, bytes]) -> bytes:
        """By what the token of a request is known. For a request that `verifier` has found a token in."""
        return keyed_digest(self._pepper, (bearer(fields) or b"").decode("latin-1"))

    def of_digest(self, digest: bytes, now_ms: int) -> TokenRecord:
        """The token of a digest; Problem where it may not ask, Missing where it is not in memory."""
        token = self._keyring.token(digest)
        if token is None or (token.expires_at_ms is not None and token.expires_at_ms <= now_ms):
            raise Problem("unauthenticated", "This service token is unknown, revoked or expired.")
        if not token.may_verify:
            raise Problem("forbidden", "This service token has none of the roles verifier, developer, admin and owner.")
        return token
