"""Errors of the dashboard as pages, or as the way to sign in."""

import logging
from typing import Any, Final

from litestar import Request, Response

from freehold.dashboard.policy import new_nonce
from freehold.dashboard.views.errors import ErrorView
from freehold.dashboard.views.parts import Link
from freehold.dashboard.views.shell import Shell
from freehold.kit import clock
from freehold.web.pages import page, see_other, sign_in_address
from freehold.web.problems import problem_of, request_id_of

_LOG: Final = logging.getLogger("freehold.web")


def answer_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer an exception as a page; somebody who is not signed in is asked to."""
    problem = problem_of(error)
    if problem.status >= 500:
        _LOG.error("request %s failed", request_id_of(request), exc_info=error)
    if problem.code == "unauthenticated":
        # Only reading can be taken up again after signing in; a form is gone.
        address = sign_in_address(request.url.path, request.url.query) if request.method == "GET" else "/sign-in"
        return see_other(address)
    view = ErrorView(
        status=problem.status, title=problem.title, detail=problem.detail, request_id=request_id_of(request),
        back=Link(label="Back to the start", href="/"),
    )  # fmt: skip
    shell = Shell(now=clock.now(), csrf_token="", nonce=new_nonce())
    answer = page("errors/error.html.j2", shell, view, problem.status)
    answer.headers.update(problem.headers)
    return answer
