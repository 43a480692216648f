"""Amounts of money as people write and read them. In between they are minor units: integers. Pure."""

import re
from typing import Final

from freehold.prices.currencies import EXPONENTS

_WRITTEN: Final = re.compile(r"(\d{1,15})(?:\.(\d{1,3}))?", re.ASCII)


def read_money(text: str, currency: str) -> int:
    """Minor units of an amount as it is written, like `0.40`; ValueError with a sentence where it is none of its currency."""
    exponent = EXPONENTS[currency]
    found = _WRITTEN.fullmatch(text.replace(",", "").strip())
    if found is None:
        raise ValueError(f"{text.strip()!r} is no amount: write it like {money_text(40, currency)}.")
    whole, decimals = found[1], found[2] or ""
    if len(decimals) > exponent:
        raise ValueError(f"{currency} has {exponent} decimals: write a finer price for each 1,000 or 1,000,000 units.")
    return int(whole + decimals.ljust(exponent, "0"))


def money_text(minor: int, currency: str) -> str:
    """An amount as people read it: 123456 of EUR is `1,234.56`."""
    exponent = EXPONENTS[currency]
    whole, rest = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{exponent}d}" if exponent else "")
