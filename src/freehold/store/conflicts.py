"""Turning a broken constraint into the error it stands for.

Uniqueness is held by the database, so two requests at one instant are told apart here and nowhere
else: the loser's statement fails, and what it means is said in the words of its use case.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError


@contextmanager
def broken_constraint_means(error: Exception) -> Iterator[None]:
    """Raise `error` where the block's statement breaks a constraint. The transaction is lost with it."""
    try:
        yield
    except IntegrityError as broken:
        raise error from broken
