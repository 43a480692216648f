"""A key's text: what is a key and what is not, before anything is looked up."""

import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.keys import credential
from freehold.keys.records import Environment
from freehold.kit.secrets import BASE62, InstanceSecret

SELECTOR, SECRET = "Selector0001", "0123456789abcdefghijABCDEFGHIJzz"
ROOT = InstanceSecret(b"\x01" * 32)

selectors = st.text(BASE62, min_size=12, max_size=12)
secrets = st.text(BASE62, min_size=32, max_size=32)
environments = st.sampled_from(["sandbox", "production"])
brands = st.text(string.ascii_lowercase, min_size=2, max_size=8)


def base62(text: str) -> int:
    number = 0
    for character in text:
        number = number * 62 + BASE62.index(character)
    return number


@pytest.mark.parametrize(("environment", "prefix"), [("sandbox", "fh_test_"), ("production", "fh_live_")])
def test_a_key_says_its_environment_and_ends_in_the_checksum_of_all_before(
    environment: Environment, prefix: str
) -> None:
    text = credential.compose("fh", environment, SELECTOR, SECRET)
    assert text.startswith(f"{prefix}{SELECTOR}_{SECRET}")
    assert len(text) == len(prefix) + 12 + 1 + 32 + 6
    assert base62(text[-6:]) == zlib.crc32(text[:-6].encode())


def test_a_small_checksum_is_filled_with_zeros() -> None:
    # CRC-32 of this text is below 62^5, so that five digits would do.
    number = next(n for n in range(10_000) if zlib.crc32(b"%d" % n) < 62**5)
    check = credential.check(str(number))
    assert len(check) == 6
    assert check[0] == "0"
    assert base62(check) == zlib.crc32(b"%d" % number)


@given(brands, environments, selectors, secrets)
def test_what_is_composed_is_parsed(brand: str, environment: Environment, selector: str, secret: str) -> None:
    text = credential.compose(brand, environment, selector, secret)
    assert credential.parse(text, brand) == credential.Credential(environment, selector, secret)


@given(environments, selectors, secrets, st.data())
def test_no_single_changed_character_is_a_key(
    environment: Environment, selector: str, secret: str, data: st.DataObject
) -> None:
    text = credential.compose("fh", environment, selector, secret)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(string.printable).filter(lambda each: each != text[at]))
    assert credential.parse(text[:at] + other + text[at + 1 :], "fh") is None


@given(st.text(max_size=80))
def test_no_invented_text_is_a_key_unless_its_checksum_is_right(text: str) -> None:
    found = credential.parse(text, "fh")
    assert found is None or credential.compose("fh", found.environment, found.selector, found.secret) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fh_test_",
        credential.compose("fh", "sandbox", SELECTOR, SECRET) + "\n",
        " " + credential.compose("fh", "sandbox", SELECTOR, SECRET),
        credential.compose("fh", "sandbox", SELECTOR, SECRET).upper(),
        credential.compose("ab", "sandbox", SELECTOR, SECRET),
        credential.compose("fh", "sandbox", SELECTOR, SECRET).replace("_test_", "_live_"),
        "fh_test_" + "１" * 12 + "_" + SECRET + "000000",
    ],
)
def test_what_is_no_key_of_this_brand(text: str) -> None:
    assert credential.parse(text, "fh") is None


@pytest.mark.parametrize(("selector", "secret"), [("short", SECRET), (SELECTOR, SECRET + "x")])
def test_parts_of_the_wrong_length_are_refused(selector: str, secret: str) -> None:
    with pytest.raises(ValueError, match="12 characters"):
        credential.compose("fh", "sandbox", selector, secret)


def test_a_secret_has_another_digest_in_each_environment_and_instance() -> None:
    digests = {
        credential.digest(credential.pepper(root, environment), SECRET)
        for root in (ROOT, InstanceSecret(b"\x02" * 32))
        for environment in ("sandbox", "production")
    }
    assert len(digests) == 4
    assert all(len(digest) == 32 for digest in digests)


def test_a_credential_does_not_show_its_secret() -> None:
    found = credential.parse(credential.compose("fh", "sandbox", SELECTOR, SECRET), "fh")
    assert found is not None
    assert SECRET not in repr(found)
    assert SECRET not in f"{found}"


@pytest.mark.parametrize(
    ("text", "ours"), [("fh_test_x", True), ("fh_live_", True), ("fhp_x", False), ("eyJhbGciOi", False)]
)
def test_what_looks_like_ours(text: str, ours: bool) -> None:
    assert credential.has_prefix(text, "fh") is ours
