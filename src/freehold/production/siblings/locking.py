"""The lock of a production project: only what is promoted changes what it declares.

Held where every change of a shape comes by (see `consequences`), so that a way not thought of yet is held too. What
takes a right away for safety's sake is always possible: a key is revoked, a member who owned the project leaves.
"""

from typing import Final

from freehold.errors import Problem
from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import Cause, Change, Difference
from freehold.store.engine import Transaction

# A restoration brings back what was approved, or promoted, once.
_OPENS: Final[frozenset[Cause]] = frozenset({"clone", "promotion", "restoration"})


def hold_lock(_tx: Transaction, change: Change) -> None:
    """Problem `project_locked` where a locked project is changed directly."""
    if not change.project.locked or change.before is None or change.cause in _OPENS:
        return
    refused = [each for each in change.differences if not takes_away(each)]
    if refused:
        raise Problem(
            "project_locked",
            f"{change.project.name} is locked: what it declares ({refused[0].path}) changes by promotion alone. "
            "Change the sandbox project and promote it from the drift page, or have an admin unlock the project.",
        )


def takes_away(difference: Difference) -> bool:
    """Whether a change of a shape does nothing but take a key or an owner away, or what looked at them."""
    match tokens_of(difference.path):
        case ["keys" | "owners", _]:
            return difference.sandbox is None
        case ["alerts", _, "filter"]:
            # The rule is as it was; what it looked at is gone.
            return bool(difference.sandbox["key"] == "" != difference.production["key"])
    return False
