"""Numbers as text in plain decimals: one text for one number, whichever program writes it."""

from decimal import Decimal


def number_text(value: float | None) -> str | None:
    """A number without exponent and without trailing zeros; None stays None. `float` of it is the number again."""
    if value is None:
        return None
    text = format(Decimal(repr(float(value))), "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
