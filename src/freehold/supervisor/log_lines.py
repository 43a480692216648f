"""One log record, one line: instant, level, process, logger, message, and the traceback on the same line."""

import json
import logging
import time


class LineFormatter(logging.Formatter):
    """Lines of `2026-11-23T14:06:00.123Z warning gate-1 freehold.gate message …`.

    A message or traceback with line breaks is written as a JSON string, so that no text from outside
    can begin a line of its own.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process.replace(" ", "-")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = f"{at}.{int(record.msecs):03d}Z {record.levelname.lower()} {self._process} {record.name} {_one_line(record.getMessage())}"
        if record.exc_info:
            line += f" traceback={json.dumps(self.formatException(record.exc_info), ensure_ascii=False)}"
        return line


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)
