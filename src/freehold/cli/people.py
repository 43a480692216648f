"""`freehold people`: deleting an account, one's own or for operators anybody's."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option


@click.group("people", short_help="Delete an account, and see what that does.")
def command() -> None:
    """People's accounts. Whoever is deleted is called otherwise in history; what they made lives on."""


@command.command("show")
@click.argument("person", default="me")
@json_option
def show_person(person: str, as_json: bool) -> None:
    """Show what deleting an account would do, or how far it is. Your own; for operators, anybody's.

    \b
    Examples:
      freehold people show
      freehold people show ada@example.com
    """
    _show(Api.current().get(f"/v1/people/{segment(person)}/deletion"), as_json)


@command.command("delete")
@click.argument("person")
@confirmed("Delete this account for good? It cannot be undone.")
@json_option
def delete_person(person: str, as_json: bool) -> None:
    """Delete an account for good. Say `me`, or for operators an e-mail address.

    \b
    Examples:
      freehold people delete me
      freehold people delete ada@example.com --yes
    """
    api = Api.current()
    email = person
    if "@" not in person:
        found = api.get(f"/v1/people/{segment(person)}/deletion")
        email = (found["person"] or {}).get("email", "")
    _show(api.post(f"/v1/people/{segment(person)}/delete", {"email": email}), as_json)


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    person = found["person"]
    facts: dict[str, Any] = {"Person": f"{person['name']} ({person['email']})"} if person else {}
    facts["In history"] = f"{found['pseudonym']['name']} ({found['pseudonym']['email']})"
    if found["deleted_at"]:
        facts["Deleted"] = found["deleted_at"]
        facts["History"] = found["erased_at"] or "being gone through"
        facts["Rows changed"] = found["rows"]
    else:
        facts["Organizations"] = ", ".join(found["organizations"]) or "none"
        facts["Answers for"] = ", ".join(found["owned_projects"]) or "no project"
        facts["Ends at once"] = f"{found['sessions']} sessions, {found['tokens']} access tokens"
        facts["First"] = " ".join(each["detail"] for each in found["obstacles"]) or "nothing: it can be deleted"
    output.print_facts(facts)
