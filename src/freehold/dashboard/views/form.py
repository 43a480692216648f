"""A form as it is shown: what was typed, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from freehold.errors import Problem
from freehold.kit.ids import new_id

Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Form:
    """The values and errors of one form, by field name.

    `message` stands above the form: an error that belongs to no field. `blocked` says why the form
    may not be sent by this person, or now; its fields are then shown but disabled. `idempotency_key`
    goes with forms that create: sending one twice creates once.
    """

    values: Values = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    blocked: str | None = None
    idempotency_key: str = ""

    def value(self, name: str) -> str:
        """What a field holds, empty where it holds nothing."""
        held = self.values.get(name, "")
        return held if isinstance(held, str) else (held[0] if held else "")

    def chosen(self, name: str) -> tuple[str, ...]:
        """What is ticked in a group of boxes."""
        held = self.values.get(name, ())
        return (held,) if isinstance(held, str) else tuple(held)

    def error(self, name: str) -> str:
        """What is wrong with a field, empty where nothing is."""
        return self.errors.get(name, "")

    @property
    def first_error(self) -> str:
        """The field to put the focus on, empty where all are right."""
        return next(iter(self.errors), "")


def refused(problem: Problem, values: Values, idempotency_key: str = "") -> Form:
    """The form that comes back with a problem: each message beside its field, the rest above the form.

    A dotted field (`owners.0.user`) speaks for the form field that it begins with. The idempotency key of
    a refused form is used again, as nothing was kept under it.
    """
    errors: dict[str, str] = {}
    for each in problem.errors:
        errors.setdefault(each.field.partition(".")[0], each.message)
    if problem.code == "idempotency_conflict":
        # The form was sent before, and then changed and sent again: from here on it is another one.
        idempotency_key = new_id("req")
    return Form(values, errors, None if errors else problem.detail, None, idempotency_key)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to tick or pick: what is sent, what it is called, and a line that explains it."""

    value: str
    label: str
    detail: str = ""
    code: bool = False
