"""A small Django site: its settings, its one view and its URLs."""

from typing import Any


def set_up() -> None:
    from django.conf import settings  # noqa: PLC0415

    if not settings.configured:
        import django  # noqa: PLC0415

        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="tests", USE_TZ=True)
        django.setup()


def django_country(request: Any, code: str) -> Any:
    from django.http import JsonResponse  # noqa: PLC0415

    scope = getattr(request, "scope", None)
    admission = scope["freehold"] if scope else request.META["freehold.decision"]
    return JsonResponse({"code": code, "project": admission.project_id})


def __getattr__(name: str) -> Any:
    """Django asks this module, its ROOT_URLCONF, for `urlpatterns`."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import path  # noqa: PLC0415

    return [path("v1/countries/<code>", django_country)]
