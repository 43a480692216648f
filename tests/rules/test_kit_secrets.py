import hashlib

import pytest

from freehold.kit.secrets import BASE62, InstanceSecret, keyed_digest, random_base62, same


def test_the_root_never_shows() -> None:
    secret = InstanceSecret(b"\xab" * 32)
    assert "ab" not in repr(secret)
    assert "ab" not in f"{secret}"
    assert InstanceSecret.from_hex(f" {secret.to_hex()}\n").derive("x") == secret.derive("x")


@pytest.mark.parametrize("text", ["", "00" * 31, "0" * 63, "zz" * 32])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        InstanceSecret.from_hex(text)


def test_each_use_has_a_key_of_its_own() -> None:
    secret = InstanceSecret(bytes(range(32)))
    derived = {secret.derive(use) for use in ("sessions", "csrf", "key-pepper-sandbox", "key-pepper-production")}
    assert len(derived) == 4
    assert all(len(key) == 32 for key in derived)
    assert secret.derive("csrf") == secret.derive("csrf")
    assert secret.derive("csrf") != InstanceSecret(bytes(32)).derive("csrf")


def test_a_long_root_counts_whole() -> None:
    first, second = InstanceSecret(b"a" * 99 + b"b"), InstanceSecret(b"a" * 100)
    assert first.derive("x") != second.derive("x")


def test_the_digest_is_keyed_blake2b_256() -> None:
    assert keyed_digest(b"k" * 32, "text") == hashlib.blake2b(b"text", key=b"k" * 32, digest_size=32).digest()
    assert keyed_digest(b"k" * 32, "text") != keyed_digest(b"l" * 32, "text")


def test_same_compares_whole_values() -> None:
    assert same(b"abc", b"abc")
    assert not same(b"abc", b"abd")
    assert not same(b"abc", b"abcd")
    assert not same(b"", b"a")


def test_random_texts_use_the_whole_alphabet() -> None:
    text = random_base62(20_000)
    assert set(text) == set(BASE62)
    # Each character is expected 323 times; a draw that favours some would leave this range at once.
    assert all(200 < text.count(character) < 450 for character in BASE62)
    assert random_base62(32) != random_base62(32)
