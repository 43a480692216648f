# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with person deletions."""

from freehold.sdk.calls import Call, Mode, Resource, operation, segment, sent
from freehold.sdk.models import PersonDeletion


class PersonDeletionCalls(Resource[Mode]):
    """What `client.person_deletions` does."""

    @operation
    def get(self, person: str) -> Call[PersonDeletion]:
        """What deleting a person would do now; or how far it has come. For the person (`me`) and for operators.

        Raises NotFound.
        """
        return Call("GET", f"/v1/people/{segment(person)}/deletion", PersonDeletion, repeatable=True)

    @operation
    def create(self, person: str, *, email: str) -> Call[PersonDeletion]:
        """Delete a person: by themselves, or by an operator. It cannot be undone.

        The e-mail address of the account that is to be deleted, typed to confirm it.

        Raises Conflict, NotFound.
        """
        return Call("POST", f"/v1/people/{segment(person)}/delete", PersonDeletion, body=sent({"email": email}))
