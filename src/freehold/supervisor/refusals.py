"""Why an instance cannot be started, in one sentence for the operator."""


class CannotStart(Exception):
    """Something outside Freehold is not as it should be; the message says what, and what to do. Exit status 2."""


class ProcessFailed(Exception):
    """A process of ours did not come up; its own output says why. Exit status 1."""


def reason(error: OSError) -> str:
    """What the operating system said, as the end of a sentence: `permission denied`."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]
