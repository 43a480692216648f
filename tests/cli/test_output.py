"""Tables, facts and JSON as they are printed."""

import json

import pytest

from freehold.cli import output


def test_a_table_has_columns_as_wide_as_needed_and_numbers_on_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Parcel lookup", 7, None], ["Pay", 1200, ["a", "b"]]]
    output.print_table(["name", "requests", "owners"], rows, "nothing")
    assert capsys.readouterr().out.splitlines() == [
        "NAME           REQUESTS  OWNERS",
        "Parcel lookup         7  –",
        "Pay                1200  a, b",
    ]


def test_a_column_without_a_number_stands_left(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(["expires", "id"], [[None, "a"]], "nothing")
    assert capsys.readouterr().out.splitlines() == ["EXPIRES  ID", "–        a"]


def test_no_rows_are_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(["name"], [], "There is no project yet.")
    assert capsys.readouterr().out == "There is no project yet.\n"


def test_facts_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_facts({"Name": "Pay", "Use case": None, "Keys": 0, "Owners": []})
    assert capsys.readouterr().out.splitlines() == ["Name  Pay", "Keys  0"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("", "–"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1.5, "1.5"),
        (["a", 1], "a, 1"),
        ({"limit": 600, "window_s": 60}, "limit: 600, window_s: 60"),
        ("2026-11-22T14:06:00.123Z", "2026-11-22 14:06:00 UTC"),
        ("2026-11-22Tnoon and moreZ", "2026-11-22Tnoon and moreZ"),
        ("sandbox", "sandbox"),
    ],
)
def test_values_read_well(value: object, text: str) -> None:
    assert output.text_of(value) == text


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "bell\a", "new\nline", "back\x08", "right\u202eleft"])
def test_no_text_from_outside_steers_the_terminal(text: str) -> None:
    assert output.printable(text).isprintable()
    assert output.text_of([text]).isprintable()


def test_json_is_what_came(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": "Fjällräven \x1b", "data": [1, None, True]}
    output.print_json(value)
    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert "\x1b" not in printed
