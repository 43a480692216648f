"""Fuzzing of the gate's way from bytes to bytes, guided by coverage (atheris; `make fuzz`).

    python -m tests.fuzz.campaign [libFuzzer options] [FOLDER]

Begins with the corpus, keeps what reaches new code in the folder, and stops at the first input that is
answered in two ways or with a defect. Such an input is added to `corpus`, so that it stays tried.
"""

import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["freehold.gate", "freehold.keys.credential", "freehold.apis.routing"]):
    from tests.fuzz.corpus import CORPUS, WORDS
    from tests.fuzz.sameness import Sameness


def main() -> None:
    """Fuzz until told to stop, or until something is found."""
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    folder = Path(folders[0] if folders else tempfile.mkdtemp(prefix="fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(CORPUS):
        (folder / f"corpus-{number:03d}").write_bytes(data)
    words = folder.with_name(f"{folder.name}.words")
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in WORDS))
    sameness = Sameness()

    def one(data: bytes) -> None:
        # The cuts hang on the bytes alone, so that what was found is found again.
        sameness.check(data, random.Random(data))

    atheris.Setup([sys.argv[0], f"-dict={words}", "-max_len=8000", *options, str(folder)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
