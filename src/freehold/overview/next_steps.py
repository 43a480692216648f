"""A project's next step as its pages show it."""

from typing import Final

from freehold.dashboard.views.parts import NextStep
from freehold.projects.records import NextStep as Step

# The API's code of a next step, as its button says it.
_BUTTONS: Final[dict[str, tuple[str, str]]] = {
    "restore": ("Open the settings", "archive-restore"),
    "declare_scope": ("Declare the scope", "list-checks"),
    "issue_key": ("Issue key", "key-round"),
    "verify_call": ("Make the call", "square-terminal"),
    "add_webhook": ("Add endpoint", "webhook"),
    "test_webhook": ("Send test event", "send"),
}


def next_step_view(step: Step) -> NextStep:
    """A next step as a page shows it: with the words of its button."""
    button, icon = _BUTTONS[step.action]
    return NextStep(action=step.action, title=step.title, detail=step.detail, button=button, href=step.href, icon=icon)
