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
    "clear_blockers": ("Open the checks", "list-checks"),
    "request_access": ("Ask for access", "shield-check"),
    "wait_for_review": ("Open the request", "clock"),
    "wait_for_answer": ("Open the request", "clock"),
    "answer_review": ("Answer", "pencil"),
    "decide": ("Open the review", "eye"),
    "clone": ("Open the plan", "copy"),
    "wait_for_change": ("Open the review", "clock"),
    "decide_change": ("Open the review", "eye"),
    "look_at_drift": ("Open the drift", "git-compare"),
}


def next_step_view(step: Step) -> NextStep:
    """A next step as a page shows it: with the words of its button."""
    button, icon = _BUTTONS[step.action]
    return NextStep(action=step.action, title=step.title, detail=step.detail, button=button, href=step.href, icon=icon)
