"""Password hashing: argon2id with the parameters of RFC 9106's second recommendation.

Hashing takes tens of milliseconds and 64 MiB on purpose: never do it inside a transaction.
"""

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 3 passes over 64 MiB, 4 lanes: the library's defaults, which follow RFC 9106, section 4.
_HASHER: Final = PasswordHasher()
# Somebody who asks for an account that is not there waits as long as for one that is.
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$LwWx/SOFtRotUJFMmxQX+w$PVpacY0paFU2SzW+rz+1xIBZXcJUdX1WMb+ytgT9Y/s"


def hash_password(password: str) -> str:
    """The PHC string to keep."""
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one hashed; in the same time where there is no such account (None)."""
    try:
        _HASHER.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)
