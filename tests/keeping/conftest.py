"""A served instance on each database, as the tests of HTTP have it."""

from tests.http.conftest import application, filled, filled_postgresql, instance, instance_on_each

__all__ = ["application", "filled", "filled_postgresql", "instance", "instance_on_each"]
