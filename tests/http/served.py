"""A served instance for tests: the real application on a loopback port, with people, tokens and two organizations.

Harbour is the organization that the tests act in, with a member of each role; Elsewhere is somebody
else's; Northgate runs the instance. Accounts, tokens and sessions come from the real actions, without the
minutes of password hashing: everybody has the password that was hashed once.
"""

import html
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import uvicorn

from freehold.apis import actions as apis
from freehold.apis.records import NewApi
from freehold.errors import KINDS
from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import actions, member_queries, passwords, queries, sessions, tokens
from freehold.organizations.records import Actor, Role, ServiceRole, User
from freehold.projects import actions as projects
from freehold.projects.records import NewProject, Scope
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.web.call import SESSION_COOKIE
from tests.databases import SECRET
from tests.http.quick_server import QuickServer

PASSWORD: Final = "a boat in the harbour at noon"
PASSWORD_HASH: Final = passwords.hash_password(PASSWORD)
SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
ROLES: Final[tuple[Role, ...]] = ("owner", "admin", "developer", "billing", "auditor")
SERVICES: Final[tuple[ServiceRole, ...]] = ("verifier", "publisher")
DOCUMENT: Final = b"""{"openapi": "3.1.0", "info": {"title": "Parcels", "version": "1"},
 "paths": {"/parcels/{id}": {"get": {"operationId": "get_parcel", "summary": "One parcel"}},
           "/parcels": {"get": {"operationId": "list_parcels"}, "post": {"operationId": "create_parcel"}}},
 "webhooks": {"parcel.moved": {"post": {"summary": "A parcel has moved", "requestBody": {"content": {
   "application/json": {"schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                        "example": {"id": "p1"}}}}}},
              "parcel.lost": {"post": {"summary": "A parcel is lost"}}}}"""

# Nothing here speaks TLS: a context made once, since making one for each client takes longer than most tests.
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(slots=True)
class Instance:
    """A served instance and what is in it. `tokens` holds access tokens by who holds them."""

    url: str
    store: Store
    settings: Settings
    secret: InstanceSecret = SECRET
    northgate: str = ""
    harbour: str = ""
    elsewhere: str = ""
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    api: str = ""
    project: str = ""
    key: str = ""
    foreign_project: str = ""
    foreign_key: str = ""
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, who: str = "") -> httpx.Client:
        """An API client with the token of somebody, or of nobody."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        made = httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=_NO_TLS)
        self.clients.append(made)
        return made

    def browser(self, who: str) -> "Browser":
        """A signed-in browser without JavaScript."""
        user = self.users[who]
        with self.store.write() as tx:
            visitor = sessions.Visitor("127.0.0.1", "Mozilla/5.0 (test)", "req_test")
            signed_in = sessions.begin_session(tx, self.secret, user, visitor, self.settings.session_days)
        client = self.client()
        client.cookies.set(SESSION_COOKIE, signed_in.text)
        return Browser(client, sessions.csrf_token(self.secret, signed_in.text))

    def actor(self, who: str) -> Actor:
        """Somebody as an actor, for actions called directly."""
        with self.store.read() as tx:
            found = tokens.actor_of_user(tx, self.users[who].id)
        assert found is not None
        return found


@dataclass(slots=True)
class Browser:
    """A browser that follows no redirect by itself and sends its session's CSRF token with each form."""

    client: httpx.Client
    csrf_token: str

    def get(self, path: str, /, **params: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(path, params=params or None)

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]] | None = None, **more: Any) -> httpx.Response:
        """Send a form."""
        return self.client.post(path, data={"csrf_token": self.csrf_token, **(fields or {})}, **more)

    def submit(self, path: str, fields: Mapping[str, str | Sequence[str]], at: str = "") -> httpx.Response:
        """Open the form's page (`at`, or the form's own address) and send the form with all that it hides."""
        hidden = hidden_fields(self.get(at or path).text, path)
        return self.client.post(path, data={**hidden, **fields})


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that is posted to an address."""
    form = re.search(
        rf'<form(?=[^>]*method="post")[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL
    )
    assert form, f"the page has no form for {action}"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    return {name: html.unescape(value) for name, value in hidden}


def assert_problem(answer: httpx.Response, status: int, code: str, *fields: str) -> None:
    """The answer is this error (RFC 9457), with exactly these fields named."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code), answer.text
    assert body["title"] == KINDS[code].title
    assert body["type"] == f"urn:freehold:error:{code}"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert tuple(error["field"] for error in body.get("errors", ())) == fields, answer.text


def text_of(answer: httpx.Response) -> str:
    """A page's text as it is read: without tags, entities resolved, blanks joined."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", "", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def fill(instance: Instance) -> None:
    """Set the instance up with its people, organizations, an API, two projects and two keys."""
    with instance.store.write() as tx:
        new = actions.NewOperator("operator@example.com", "Olga Operator", PASSWORD_HASH, "Northgate")
        operator, northgate = actions.set_up(tx, new)
        instance.users["operator"], instance.northgate = operator, northgate.id
        acting = _actor(tx, operator)
        instance.harbour = actions.create_organization(tx, acting, "Harbour").id
        instance.elsewhere = actions.create_organization(tx, acting, "Elsewhere").id
        for role in ROLES:
            instance.users[role] = _member(tx, role, instance.harbour, role)
        instance.users["stranger"] = _member(tx, "stranger", instance.elsewhere, "owner")
        # The operator made both organizations, and leaves them to their people: from here on a stranger to them.
        for organization in (instance.harbour, instance.elsewhere):
            member_queries.delete_member(tx, organization, operator.id)
        for who, user in instance.users.items():
            issued = tokens.create_personal_token(tx, _actor(tx, user), instance.secret, "Test", None)
            instance.tokens[who] = issued.text
        owner = _actor(tx, instance.users["owner"])
        for service_role in SERVICES:
            issued = tokens.create_service_token(
                tx, owner, instance.secret, instance.harbour, service_role, [service_role], None
            )
            instance.tokens[service_role] = issued.text
        _fill_projects(tx, instance)


def _fill_projects(tx: Transaction, instance: Instance) -> None:
    api = apis.create_api(tx, SYSTEM, NewApi("Parcels", "parcels", {"sandbox": "http://127.0.0.1:9"}))
    apis.import_openapi(tx, SYSTEM, api.id, apis.read_openapi(SYSTEM, DOCUMENT, "application/json"))
    instance.api = api.id
    instance.project, instance.key = _project(tx, instance, "owner", instance.harbour)
    instance.foreign_project, instance.foreign_key = _project(tx, instance, "stranger", instance.elsewhere)


def _project(tx: Transaction, instance: Instance, who: str, organization_id: str) -> tuple[str, str]:
    actor = _actor(tx, instance.users[who])
    new = NewProject("Parcel lookup", "Looks parcels up", "parcels")
    project = projects.create_project(tx, actor, organization_id, new)
    projects.set_scope(tx, actor, project.id, Scope(["get_parcel", "list_parcels"], ["parcel.moved"]))
    issued = keys.issue_key(tx, actor, instance.secret, instance.settings.brand, project.id, KeySettings("first"))
    return project.id, issued.detail.key.id


def _member(tx: Transaction, name: str, organization_id: str, role: Role) -> User:
    user = User(ids.new_id("usr"), f"{name}@example.com", name.capitalize(), False, clock.now())
    queries.insert_user(tx, user, PASSWORD_HASH)
    member_queries.insert_member(tx, organization_id, user.id, role, clock.now())
    return user


def _actor(tx: Transaction, user: User) -> Actor:
    found = tokens.actor_of_user(tx, user.id)
    assert found is not None
    return found


@contextmanager
def serve(app: Any, http: Any = "httptools") -> Iterator[str]:
    """Serve an application on a free loopback port; its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, loop="asyncio", http=http, ws="none", lifespan="off",
        access_log=False, log_config=None, server_header=False,
    )  # fmt: skip
    server = QuickServer(config)
    listener = config.bind_socket()
    # asyncio sets this only on sockets that name their protocol, which uvicorn's do not. Without it an answer's body waits
    # for the caller to acknowledge its head: 40 ms a request, and no such wait in the product, which runs on uvloop.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # From here on connections wait, instead of being refused until the server's thread has come that far.
    listener.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="the served instance")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.end()
        thread.join()
        listener.close()
