"""Sets one PDF and ends: a document as JSON on standard input, the PDF on standard output. Run by `writing`, never imported.

No date goes in, and no font but ours and Typst's own, so equal documents are equal bytes. PDF/UA-1 is demanded: what is not
accessible is refused.
"""

import sys
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent


def main() -> None:
    """Set what is on standard input."""
    # An extra: loaded where a PDF is asked for.
    import typst  # noqa: PLC0415

    content = typst.compile(
        _HERE / "page.typ", root=_HERE, font_paths=[_HERE / "fonts"], ignore_system_fonts=True, format="pdf",
        sys_inputs={"document": sys.stdin.read()}, pdf_standards=["ua-1"],
    )  # fmt: skip
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
