"""Files in an object store or on another machine, by fsspec: whatever it has a backend for.

S3, Google Cloud Storage and Azure go through obstore where it is installed; anything else, and these without obstore,
through the backend that fsspec finds (s3fs, gcsfs, adlfs, sshfs, …). Credentials come from the environment, as each
backend documents it, and are in no URL, message or log.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from freehold.kit import ids
from freehold.reports.places.folders import sweep_drafts
from freehold.reports.places.place import CannotKeep, NoFile, Unreachable

# An object of these appears whole once it is uploaded: in one request, or when the last part is acknowledged.
_ATOMIC: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "azure", "memory"})
_BY_OBSTORE: Final = _ATOMIC - {"memory"}
_RETRY: Final = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
_SAID_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Objects:
    """Files below a URL such as s3://bucket/reports. Drafts are made in a folder of this machine."""

    url: str
    workshop: Path

    def keep(self, draft: Path, name: str) -> None:
        """Upload a draft; under another name first, where a half file would be seen while it is uploaded."""
        with _told(self.url):
            store, path = _store(self.url)
            if _scheme(self.url) in _ATOMIC:
                store.put_file(str(draft), f"{path}/{name}")
            else:
                store.makedirs(path, exist_ok=True)
                store.put_file(str(draft), f"{path}/{draft.name}")
                store.mv(f"{path}/{draft.name}", f"{path}/{name}")
        draft.unlink(missing_ok=True)

    def size(self, name: str) -> int:
        """How many bytes an object has."""
        with _told(self.url):
            store, path = _store(self.url)
            # What was listed a while ago says nothing of what another node has put there since.
            store.invalidate_cache()
            return int(store.info(f"{path}/{name}")["size"])

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes of [start, end), by one request for a range."""
        if start >= end:
            return b""
        with _told(self.url):
            store, path = _store(self.url)
            return bytes(store.cat_file(f"{path}/{name}", start=start, end=end))

    def remove(self, name: str) -> None:
        """Remove an object, where it is there."""
        with contextlib.suppress(NoFile), _told(self.url):
            store, path = _store(self.url)
            store.rm_file(f"{path}/{name}")

    def sweep(self, older_than: datetime) -> int:
        """Remove old drafts of this machine."""
        return sweep_drafts(self.workshop, older_than)

    def check(self) -> None:
        """Write, read and remove a small object."""
        self.workshop.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{ids.new_id('rep')}.trial"
        draft = self.workshop / f".{name}"
        draft.write_bytes(b"trial")
        try:
            self.keep(draft, name)
            if self.read(name, 1, 4) != b"ria":
                raise CannotKeep("it gives back other bytes than it was given")
            self.remove(name)
        except NoFile:
            raise CannotKeep("there is no such bucket, or what is written there is not there afterwards") from None
        finally:
            draft.unlink(missing_ok=True)


def _scheme(url: str) -> str:
    return url.partition("://")[0]


@lru_cache(maxsize=8)
def _opened(url: str, _process: int) -> tuple[Any, str]:
    # Extras: loaded where there is an object store.
    from fsspec.core import url_to_fs  # noqa: PLC0415

    scheme = _scheme(url)
    if scheme in _BY_OBSTORE and (by_obstore := _obstore()) is not None:
        return by_obstore(scheme, retry_config=dict(_RETRY)), url.partition("://")[2]
    store, path = url_to_fs(url)
    return store, str(path).rstrip("/")


def _store(url: str) -> tuple[Any, str]:
    # Not across a fork: a backend's threads do not come along.
    return _opened(url.rstrip("/"), os.getpid())


def _obstore() -> Any:
    try:
        from obstore.fsspec import FsspecStore  # noqa: PLC0415
    except ImportError:
        return None
    return FsspecStore


@contextlib.contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn whatever a backend raises into what can be shown: each has exceptions of its own."""
    try:
        yield
    except FileNotFoundError:
        raise NoFile from None
    except ImportError as error:
        what = (
            "pip install 'freehold[objects]'" if error.name == "fsspec" else f"the backend of fsspec for {_scheme(url)}"
        )
        raise CannotKeep(f"{_scheme(url)}:// needs {what}") from None
    except (CannotKeep, NoFile):
        raise
    except Exception as error:  # noqa: BLE001 — backends raise what they like; none of it may get any further
        kind = Unreachable if _is_unreachable(error) else CannotKeep
        raise kind(plain_reason(error)) from None


def _is_unreachable(error: Exception) -> bool:
    # What obstore calls generic is what is left when its retries are over.
    by_obstore = type(error).__module__.startswith("obstore") and type(error).__name__ == "GenericError"
    return by_obstore or isinstance(error, (ConnectionError, TimeoutError))


def plain_reason(error: BaseException) -> str:
    """What an exception of a backend says, in one line: without what follows a `?` in addresses, which may sign them."""
    said = str(error).strip() or type(error).__name__
    return re.sub(r"\?\S*", "", said.splitlines()[0])[:_SAID_MAX].rstrip(". ")
