"""Sealed values open only with their key, in their context, unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.encryption import CannotOpen, open_sealed, seal

KEY = bytes(range(32))


@given(plain=st.binary(max_size=200), context=st.text(max_size=40))
def test_what_was_sealed_opens_with_its_key_in_its_context(plain: bytes, context: str) -> None:
    assert open_sealed(KEY, seal(KEY, plain, context), context) == plain


@pytest.mark.parametrize(("key", "context"), [(bytes(32), "row 1"), (KEY, "row 2"), (KEY, "")])
def test_another_key_or_context_opens_nothing(key: bytes, context: str) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(key, seal(KEY, b"secret", "row 1"), context)


def test_every_changed_byte_and_every_cut_is_noticed() -> None:
    sealed = seal(KEY, b"secret", "row")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(CannotOpen):
            open_sealed(KEY, changed, "row")
        with pytest.raises(CannotOpen):
            open_sealed(KEY, sealed[:place], "row")


def test_the_same_value_is_never_sealed_to_the_same_bytes_and_never_shows() -> None:
    first, second = (
        seal(KEY, b"the secret text", "row"),
        seal(KEY, b"the secret text", "row"),
    )
    assert first[25:] != second[25:]
    assert b"the secret text" not in first


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(b"short", b"", "row")
