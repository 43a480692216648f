"""The first-run setup without a browser: `freehold setup` on the instance's own data directory.

Works beside a running instance as well as before its first start: both open the same database.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from freehold.errors import Problem
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import passwords, queries
from freehold.organizations.actions import NewOperator, check_new_operator
from freehold.organizations.actions import set_up as set_up_instance
from freehold.organizations.tokens import actor_of_user, create_personal_token
from freehold.settings import Settings
from freehold.store.engine import Store, open_store
from freehold.supervisor import data_directory, instance

_TOKEN_NAME = "freehold setup"  # noqa: S105 — what the token is called


def check(settings: Settings) -> None:
    """Raise Problem `already_set_up` where setup is over, CannotStart where the instance cannot be opened."""
    with opened(settings) as (store, _), store.read() as tx:
        if queries.is_set_up(tx):
            raise Problem("already_set_up", "The first-run setup was done before; sign in with freehold sign-in.")


def set_up(settings: Settings, email: str, name: str, password: str, organization: str) -> dict[str, str]:
    """Make the operator's account and organization; their ids, and an access token's text."""
    check_new_operator(email, name, password, organization)
    new = NewOperator(email, name, passwords.hash_password(password), organization)
    with opened(settings) as (store, secret), store.write() as tx:
        user, made = set_up_instance(tx, new)
        actor = actor_of_user(tx, user.id)
        if actor is None:
            raise RuntimeError("the account that was just made is not there")
        issued = create_personal_token(tx, actor, secret, _TOKEN_NAME, None)
    return {"organization": made.id, "user": user.id, "token": issued.text}


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Store, InstanceSecret]]:
    """The instance's database and secret, made where they are not there; CannotStart where they cannot be."""
    os.umask(0o077)
    settings = replace(settings, data=settings.data.absolute())
    data_directory.prepare(settings.data)
    store = open_store(settings)
    try:
        yield store, instance.prepare(store, settings)
    finally:
        store.close()
