"""djangorestframework-api-key: one view behind HasAPIKey, keys in SQLite, connections kept."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import path

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_DATABASE"], "CONN_MAX_AGE": None}
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    USE_TZ=True,
)
django.setup()

from rest_framework.response import Response  # noqa: E402  Django must be set up first
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Country(APIView):
    permission_classes = (HasAPIKey,)

    def get(self, _request: object, code: str) -> Response:
        return Response({"allowed": True, "code": code})


urlpatterns = [path("v1/countries/<str:code>", Country.as_view())]
keys = Path(os.environ["BENCH_KEYS"])
if not keys.exists():
    call_command("migrate", verbosity=0)
    keys.write_text("\n".join(APIKey.objects.create_key(name=str(n))[1] for n in range(int(os.environ["BENCH_COUNT"]))))
application = get_wsgi_application()
