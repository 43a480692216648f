"""The place and the keys that the settings name."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from freehold.kit.sealed_files import KeyRing
from freehold.reports.places.folders import Folder
from freehold.reports.places.keeping import Keeping
from freehold.reports.places.objects import Objects
from freehold.reports.places.place import Place
from freehold.settings import INSTANCE_KEY, Settings
from freehold.store import instance_secret

_USE: Final = "report-files"


@lru_cache(maxsize=16)
def keeping_of(settings: Settings) -> Keeping:
    """How reports' files are kept. NoSecret where a key comes of the instance's secret and there is none."""
    return Keeping(place_of(settings), _ring(settings))


def place_of(settings: Settings) -> Place:
    """Where reports' files are."""
    if "://" in settings.reports:
        return Objects(settings.reports, settings.data / "reports")
    return Folder(folder_of(settings))


def folder_of(settings: Settings) -> Path:
    """The folder that reports' files are in, or where they are made before they go to an object store."""
    is_folder = settings.reports and "://" not in settings.reports
    return Path(settings.reports) if is_folder else settings.data / "reports"


def _ring(settings: Settings) -> KeyRing | None:
    keys = [each.strip() for each in settings.reports_key.split(",") if each.strip()]
    return KeyRing(tuple(_key(settings, each) for each in keys)) if keys else None


def _key(settings: Settings, text: str) -> bytes:
    return instance_secret.load(settings).derive(_USE) if text == INSTANCE_KEY else bytes.fromhex(text)
