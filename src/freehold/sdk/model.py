"""What all answers have in common: they are frozen, compare by their fields, and show no secret."""

from typing import ClassVar

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an answer. Fields that a newer server adds are passed over."""

    # Fields whose texts are secrets: they are there to be read, and stay out of logs and tracebacks.
    SECRETS: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (f"{name}={self._shown(name)}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str) -> str:
        return "'…'" if name in self.SECRETS else repr(getattr(self, name))
