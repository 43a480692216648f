"""JSON pointers (RFC 6901): how a place in a document is named. Pure."""


def join(pointer: str, token: str) -> str:
    """The pointer to one member, or item, of what a pointer names."""
    return f"{pointer}/{token.replace('~', '~0').replace('/', '~1')}"


def tokens(pointer: str) -> list[str]:
    """The names on the way that a pointer describes."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def dotted(pointer: str) -> str:
    """A pointer as a person reads it in an error: `paths./v1/countries.get.operationId`."""
    return ".".join(tokens(pointer))
