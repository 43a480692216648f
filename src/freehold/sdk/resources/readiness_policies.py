# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with readiness policies."""

from collections.abc import Sequence

from freehold.sdk.calls import Call, Mode, Resource, operation, segment, sent
from freehold.sdk.models import Policy
from freehold.sdk.models.words import PolicyBlocking, PolicyMaterial


class ReadinessPolicyCalls(Resource[Mode]):
    """What `client.readiness_policies` does."""

    @operation
    def get(self, api: str) -> Call[Policy]:
        """What the operator asks of an API's projects before production.

        Raises NotFound.
        """
        return Call("GET", f"/v1/apis/{segment(api)}/readiness_policy", Policy, repeatable=True)

    @operation
    def set(
        self,
        api: str,
        *,
        blocking: Sequence[PolicyBlocking],
        failure_rate_max: float,
        material: Sequence[PolicyMaterial],
        exercise_days: int,
        lookup_days: int,
        denial_days: int,
        delivery_days: int,
        alert_days: int,
        failure_days: int,
        unused_days: int,
        rotation_days: int,
        approval_days: int,
        promotion_needs_approval: bool,
        if_match: str | None = None,
    ) -> Call[Policy]:
        """Set what is asked of an API's projects, whole; projects are looked at by it at once, lists within a minute.

        What the operator asks of an API's projects, whole. Days count back from today in UTC. `blocking`: the codes
        of Freehold's own checks that block. `failure_rate_max`: in percent. `material`: the items of a shape whose
        change ends an approval. `promotion_needs_approval`: whether material items reach a live production project
        by an approved request alone.

        `exercise_days`: Days, 1 to 365.
        `lookup_days`: Days, 1 to 365.
        `denial_days`: Days, 1 to 365.
        `delivery_days`: Days, 1 to 365.
        `alert_days`: Days, 1 to 365.
        `failure_days`: Days, 1 to 365.
        `unused_days`: Days, 1 to 365.
        `rotation_days`: Days, 1 to 365.
        `approval_days`: Days, 1 to 365.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "PUT",
            f"/v1/apis/{segment(api)}/readiness_policy",
            Policy,
            body=sent(
                {
                    "blocking": blocking,
                    "failure_rate_max": failure_rate_max,
                    "material": material,
                    "exercise_days": exercise_days,
                    "lookup_days": lookup_days,
                    "denial_days": denial_days,
                    "delivery_days": delivery_days,
                    "alert_days": alert_days,
                    "failure_days": failure_days,
                    "unused_days": unused_days,
                    "rotation_days": rotation_days,
                    "approval_days": approval_days,
                    "promotion_needs_approval": promotion_needs_approval,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )
