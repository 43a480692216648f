"""Which instance the commands speak to, and as whom: the environment, or what `freehold sign-in` kept.

The access token's file is readable by its owner alone.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click

from freehold.cli.failures import CannotTry

URL_VARIABLE: Final = "FREEHOLD_URL"
TOKEN_VARIABLE: Final = "FREEHOLD_TOKEN"  # noqa: S105 — a variable's name


@dataclass(frozen=True, slots=True)
class Profile:
    """An instance's address, without a slash at the end, and an access token for it."""

    url: str
    token: str
    token_id: str = ""

    def __repr__(self) -> str:
        return f"Profile({self.url})"


def current() -> Profile:
    """The profile in force; CannotTry says how to come by one."""
    kept = read()
    url = os.environ.get(URL_VARIABLE, "").rstrip("/")
    token = os.environ.get(TOKEN_VARIABLE, "")
    # A kept token goes only to the instance that it was made for.
    if kept and url in ("", kept.url):
        return Profile(kept.url, token or kept.token, "" if token else kept.token_id)
    if not url:
        raise CannotTry(
            f"Say which instance: freehold sign-in --url … --email …, or set {URL_VARIABLE} and {TOKEN_VARIABLE}."
        )
    if not token:
        raise CannotTry(
            f"There is no access token for {url}: freehold sign-in --url {url} --email …, or set {TOKEN_VARIABLE}."
        )
    return Profile(url, token)


def read() -> Profile | None:
    """What `freehold sign-in` kept, or None."""
    try:
        return Profile(**json.loads(path().read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise CannotTry(f"{path()} cannot be read; remove it and sign in again.") from None


def write(profile: Profile) -> None:
    """Keep a profile, in place of the one before."""
    place = path()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(profile), file)
    draft.replace(place)


def forget() -> None:
    """Drop the kept profile."""
    path().unlink(missing_ok=True)


def path() -> Path:
    """Where the profile is kept: the user's configuration directory."""
    return Path(click.get_app_dir("freehold")) / "profile.json"
