"""How many connections this process may hold: the operating system bounds its open files."""

import resource
from typing import Final

# What the process needs besides: databases, logs, lookups.
_OTHERS: Final = 512


def room(wanted: int) -> int:
    """Ask for as many open files as `wanted` connections need; how many connections there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + _OTHERS
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(wanted, (soft - _OTHERS) // 2))
