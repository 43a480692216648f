"""An instance for a real gate to break under."""

from tests.gate.conftest import own_instance

__all__ = ["own_instance"]
