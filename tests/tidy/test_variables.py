"""Every FREEHOLD_ variable that code, documents or scripts name is a setting, or one of the few that are not."""

import re
from dataclasses import fields
from pathlib import Path

from freehold.settings import Settings
from tests.tidy.test_words import texts

SETTINGS = {each.metadata["variable"] for each in fields(Settings)}
# What the supervisor tells its processes.
BETWEEN_PROCESSES = re.compile(r"FREEHOLD_(?:\w+_FD|LOG_LEVEL|WORKER|EXAMPLE_(?:UPSTREAMS|TOKEN_FILE|PUBLISH_URL))")
# What the command line reads in place of options and prompts.
CLIENT = {
    "FREEHOLD_URL",
    "FREEHOLD_TOKEN",
    "FREEHOLD_ORGANIZATION",
    "FREEHOLD_PROJECT",
    "FREEHOLD_PASSWORD",
    "FREEHOLD_WEBHOOK_SECRET",
}
# What tests are told from outside.
TESTS = re.compile(r"FREEHOLD_TEST_\w+")
# What the examples for callers of the gate keep their key in; and a constant of ours that looks like a variable.
OTHERS = {"FREEHOLD_KEY", "FREEHOLD_EVENT_TYPES"}


def test_every_variable_is_known() -> None:
    unknown = {
        f"{path}: {name}"
        for path, text in texts()
        for name in re.findall(r"\bFREEHOLD_[A-Z][A-Z_]*[A-Z]\b", text)
        if name not in SETTINGS | CLIENT | OTHERS
        and not BETWEEN_PROCESSES.fullmatch(name)
        and not TESTS.fullmatch(name)
    }
    assert not unknown


def test_only_settings_reads_the_settings_variables() -> None:
    source = Path(__file__).parents[2] / "src" / "freehold"
    readers = {
        f"{path.relative_to(source)}: {name}"
        for path in source.rglob("*.py")
        for name in re.findall(r"""environ(?:\.get\(|\[)["'](FREEHOLD_\w+)""", path.read_text("utf-8"))
        if name in SETTINGS and path.name != "settings.py"
    }
    # A process without a supervisor has to end even where its settings cannot be read.
    assert readers <= {"supervisor/child.py: FREEHOLD_DRAIN_S"}
