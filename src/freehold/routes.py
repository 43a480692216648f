"""The whole HTTP surface of the control plane, one line a route."""

from collections.abc import Callable
from typing import Any, Final

from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler

from freehold.apis import api as apis
from freehold.keys import api as keys
from freehold.organizations import api as organizations
from freehold.organizations import pages as account_pages
from freehold.projects import api as projects
from freehold.web.statics import serve_static

Handler = Callable[..., Any]
ORGANIZATION: Final = "/v1/organizations/{organization_id:str}"
CATALOGUE: Final = "/v1/apis/{api:str}"
PROJECT: Final = "/v1/projects/{project_id:str}"
KEY: Final = "/v1/keys/{key_id:str}"

# (decorator, path, handler, tag)
API: Final[tuple[tuple[Any, str, Handler, str], ...]] = (
    (post, "/v1/setup", organizations.set_up, "Setup"),
    (post, "/v1/session", organizations.begin_session, "Accounts"),
    (delete, "/v1/session", organizations.end_session, "Accounts"),
    (get, "/v1/me", organizations.read_me, "Accounts"),
    (get, "/v1/tokens", organizations.list_tokens, "Accounts"),
    (post, "/v1/tokens", organizations.create_token, "Accounts"),
    (delete, "/v1/tokens/{token_id:str}", organizations.revoke_token, "Accounts"),
    (get, "/v1/organizations", organizations.list_organizations, "Organizations"),
    (post, "/v1/organizations", organizations.create_organization, "Organizations"),
    (get, ORGANIZATION, organizations.read_organization, "Organizations"),
    (patch, ORGANIZATION, organizations.edit_organization, "Organizations"),
    (get, f"{ORGANIZATION}/members", organizations.list_members, "Organizations"),
    (patch, f"{ORGANIZATION}/members/{{user_id:str}}", organizations.change_role, "Organizations"),
    (delete, f"{ORGANIZATION}/members/{{user_id:str}}", organizations.remove_member, "Organizations"),
    (get, f"{ORGANIZATION}/invitations", organizations.list_invitations, "Organizations"),
    (post, f"{ORGANIZATION}/invitations", organizations.invite, "Organizations"),
    (delete, f"{ORGANIZATION}/invitations/{{invitation_id:str}}", organizations.withdraw_invitation, "Organizations"),
    (post, "/v1/invitations/accept", organizations.accept_invitation, "Organizations"),
    (get, f"{ORGANIZATION}/audit", organizations.list_audit_entries, "Organizations"),
    (get, "/v1/apis", apis.list_apis, "APIs"),
    (post, "/v1/apis", apis.create_api, "APIs"),
    (get, CATALOGUE, apis.read_api, "APIs"),
    (patch, CATALOGUE, apis.edit_api, "APIs"),
    (get, f"{CATALOGUE}/openapi", apis.read_openapi, "APIs"),
    (put, f"{CATALOGUE}/openapi", apis.import_openapi, "APIs"),
    (get, f"{CATALOGUE}/endpoints", apis.list_endpoints, "APIs"),
    (get, f"{CATALOGUE}/event_types", apis.list_event_types, "APIs"),
    (get, f"{ORGANIZATION}/projects", projects.list_projects, "Projects"),
    (post, f"{ORGANIZATION}/projects", projects.create_project, "Projects"),
    (get, PROJECT, projects.read_project, "Projects"),
    (patch, PROJECT, projects.edit_project, "Projects"),
    (post, f"{PROJECT}/archive", projects.archive_project, "Projects"),
    (post, f"{PROJECT}/restore", projects.restore_project, "Projects"),
    (put, f"{PROJECT}/scope", projects.set_scope, "Projects"),
    (get, f"{PROJECT}/keys", keys.list_keys, "Keys"),
    (post, f"{PROJECT}/keys", keys.issue_key, "Keys"),
    (get, KEY, keys.read_key, "Keys"),
    (patch, KEY, keys.edit_key, "Keys"),
    (post, f"{KEY}/revoke", keys.revoke_key, "Keys"),
)

# These answer 200: they change something that is there, and make nothing.
_ANSWERS_200: Final = frozenset({projects.archive_project, projects.restore_project, keys.revoke_key})


# (decorator, path, handler)
PAGES: Final[tuple[tuple[Any, str, Handler], ...]] = (
    (get, "/", account_pages.home),
    (get, "/setup", account_pages.show_setup),
    (post, "/setup", account_pages.set_up),
    (get, "/sign-in", account_pages.show_sign_in),
    (post, "/sign-in", account_pages.sign_in),
    (post, "/sign-out", account_pages.sign_out),
    (get, "/invitation", account_pages.show_invitation),
    (post, "/invitation", account_pages.accept_invitation),
    (get, "/account", account_pages.show_account),
    (post, "/account/password", account_pages.change_password),
    (post, "/account/sign-out-everywhere", account_pages.sign_out_everywhere),
    (post, "/account/sessions/{session_id:str}/end", account_pages.end_session),
    (get, "/static/{path:path}", serve_static),
)


def page_handlers() -> list[HTTPRouteHandler]:
    """The dashboard's routes, as the framework takes them."""
    return [
        decorator(path, sync_to_thread=True, include_in_schema=False, status_code=200, name=f"{handler.__module__}.{handler.__name__}")(handler)
        for decorator, path, handler in PAGES
    ]


def api_handlers() -> list[HTTPRouteHandler]:
    """The API's routes, as the framework takes them."""
    return [_handler(*route) for route in API]


def _handler(decorator: Any, path: str, handler: Handler, tag: str) -> HTTPRouteHandler:
    status = {"status_code": 200} if handler in _ANSWERS_200 else {}
    made: HTTPRouteHandler = decorator(
        path, sync_to_thread=True, tags=[tag], operation_id=handler.__name__, name=f"{handler.__module__}.{handler.__name__}",
        summary=(handler.__doc__ or "").partition("\n")[0], **status,
    )(handler)  # fmt: skip
    return made
