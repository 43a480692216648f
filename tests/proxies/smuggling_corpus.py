"""Bytes that two HTTP parsers might read as different requests: what a smuggler sends.

Each case is named, and made for one token, which stands in every path that it asks for: so it can be
told, of each decision and each byte of an answer, whose request it was.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

PUT: Final = "/gateway/example/v1/files"
GET: Final = "/gateway/example/v1/countries"


class Case(NamedTuple):
    """One connection's bytes."""

    name: str
    token: str
    data: bytes


def corpus(key: str) -> Iterator[Case]:
    """Every case, with a token of its own."""
    for number, (name, template) in enumerate({**_FRAMINGS, **_LENGTHS, **_CHUNKS, **_LINES, **_HEADS}.items()):
        token = f"c{number:03}"
        yield Case(name, token, _filled(template, token, key))


def _filled(template: str, token: str, key: str) -> bytes:
    inner = f"GET {GET}/{token} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nX-Part: inner\r\n\r\n"
    put = f"PUT {PUT}/{token} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    get = f"GET {GET}/{token} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    said = {
        "PUT": put, "GET": get, "INNER": inner, "INNER_LENGTH": str(len(inner)), "INNER_HEX": f"{len(inner):x}",
        "LONGER": str(len(inner) + 5), "TOKEN": token, "KEY": key, "BARE": get.replace("\r\n", "\n"),
    }  # fmt: skip
    for name in sorted(said, key=len, reverse=True):
        template = template.replace(f"<{name}>", said[name])
    return template.encode("latin-1")


def _coded(field: str) -> str:
    """A request whose coding is written oddly, beside a length that reaches over the request behind it."""
    return f"<PUT>Content-Length: <LONGER>\r\n{field}\r\n\r\n0\r\n\r\n<INNER>"


def _measured(fields: str) -> str:
    """A request whose length is written oddly: five bytes, or these and the request behind them."""
    return f"<PUT>{fields}\r\n\r\nhello<INNER>"


def _chunked(body: str) -> str:
    return f"<PUT>Transfer-Encoding: chunked\r\n\r\n{body}"


_FRAMINGS: Final = {
    "a length and chunks, by length shorter": "<PUT>Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG<INNER>",
    "a length and chunks, by length all": _coded("Transfer-Encoding: chunked"),
    "chunks and a length": "<PUT>Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n<INNER_HEX>\r\n<INNER>\r\n0\r\n\r\n",
    "chunks and a length of nothing": "<PUT>Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n<INNER_HEX>\r\n<INNER>\r\n0\r\n\r\n",
    "a coding nobody knows": _coded("Transfer-Encoding: xchunked"),
    "a space before the colon": _coded("Transfer-Encoding : chunked"),
    "a tab behind the colon": _coded("Transfer-Encoding:\tchunked"),
    "a tab behind the coding": _coded("Transfer-Encoding: chunked\t"),
    "two codings, the second unknown": _coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: x"),
    "two codings, the first unknown": _coded("Transfer-Encoding: x\r\nTransfer-Encoding: chunked"),
    "chunked twice": _coded("Transfer-Encoding: chunked, chunked"),
    "chunked, then identity": _coded("Transfer-Encoding: chunked, identity"),
    "identity, then chunked": _coded("Transfer-Encoding: identity, chunked"),
    "gzip, then chunked": _coded("Transfer-Encoding: gzip, chunked"),
    "a folded name": _coded(" Transfer-Encoding: chunked"),
    "a folded value": _coded("Transfer-Encoding:\r\n chunked"),
    "a field behind a bare line feed": _coded("X: x\nTransfer-Encoding: chunked"),
    "a field behind a bare carriage return": _coded("X: x\rTransfer-Encoding: chunked"),
    "a folded colon": _coded("Transfer-Encoding\r\n : chunked"),
    "a vertical tab": _coded("Transfer-Encoding: \x0bchunked"),
    "upper case": _coded("TRANSFER-ENCODING: CHUNKED"),
    "quoted": _coded('Transfer-Encoding: "chunked"'),
    "a parameter": _coded("Transfer-Encoding: chunked;x=1"),
    "an underscore": _coded("Transfer_Encoding: chunked"),
    "a zero byte behind the value": _coded("Transfer-Encoding: chunked\x00"),
    "a zero byte in the name": _coded("Transfer-Encoding\x00: chunked"),
    "a soft hyphen": _coded("Transfer\xadEncoding: chunked"),
    "a high byte before the value": _coded("Transfer-Encoding: \xa0chunked"),
    "chunks in HTTP/1.0": "PUT /gateway/example/v1/files/<TOKEN> HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\nConnection: keep-alive\r\n"
    "Content-Length: <LONGER>\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n<INNER>",
    "the connection's own coding": _coded("Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding, Content-Length"),
}  # fmt: skip
_LENGTHS: Final = {
    "two lengths, short and long": _measured("Content-Length: 5\r\nContent-Length: <LONGER>"),
    "two lengths, long and short": _measured("Content-Length: <LONGER>\r\nContent-Length: 5"),
    "two lengths alike": _measured("Content-Length: 5\r\nContent-Length: 5"),
    "a list of lengths": _measured("Content-Length: 5, 5"),
    "a list of two lengths": _measured("Content-Length: 5, <LONGER>"),
    "a plus": _measured("Content-Length: +5"),
    "a minus": _measured("Content-Length: -5"),
    "hexadecimal": _measured("Content-Length: 0x5"),
    "leading zeros": _measured("Content-Length: 0005"),
    "a fraction": _measured("Content-Length: 5.0"),
    "a power": _measured("Content-Length: 5e0"),
    "a space within": _measured("Content-Length: 5 0"),
    "an underscore in the number": _measured("Content-Length: 5_0"),
    "an empty length": _measured("Content-Length:"),
    "a length above 64 bits": _measured("Content-Length: 18446744073709551621"),
    "a length above 32 bits": _measured("Content-Length: 4294967301"),
    "a length with an underscore": _measured("Content-Length: 5\r\nContent_Length: <LONGER>"),
    "a length before a space": _measured("Content-Length: 5\r\nContent-Length : <LONGER>"),
    "a folded length": _measured("Content-Length: 5\r\n <LONGER>"),
    "a length and a folded field": _measured("X: y\r\n Content-Length: <LONGER>\r\nContent-Length: 5"),
    "a length of the connection": _measured("Content-Length: 5\r\nConnection: Content-Length"),
    "no length": "<PUT>\r\n<INNER>",
    "a body that is short": "<PUT>Content-Length: 99999\r\n\r\n<INNER>",
    "GET with a body": "<GET>Content-Length: <INNER_LENGTH>\r\n\r\n<INNER>",
    "GET with a body and one behind it": "<GET>Content-Length: <INNER_LENGTH>\r\n\r\n<INNER><INNER>",
    "GET in chunks": "<GET>Transfer-Encoding: chunked\r\n\r\n<INNER_HEX>\r\n<INNER>\r\n0\r\n\r\n",
    "waiting for 100": "<PUT>Content-Length: <INNER_LENGTH>\r\nExpect: 100-continue\r\n\r\n<INNER>",
    "waiting for 100 and then something else": "<PUT>Content-Length: 5\r\nExpect: 100-continue\r\n\r\n<INNER>",
    "waiting for what there is not": "<PUT>Content-Length: 5\r\nExpect: 100-continue, x\r\n\r\nhello<INNER>",
}
_CHUNKS: Final = {
    "chunks": _chunked("5\r\nhello\r\n0\r\n\r\n<INNER>"),
    "an extension": _chunked("5;a=b\r\nhello\r\n0\r\n\r\n<INNER>"),
    "an extension in quotes": _chunked('5;a="\r\n"\r\nhello\r\n0\r\n\r\n<INNER>'),
    "an extension of another chunk": _chunked("5;\n<INNER_HEX>\r\nhello\r\n0\r\n\r\n<INNER>"),
    "an extension behind a space": _chunked("5 ; a\r\nhello\r\n0\r\n\r\n<INNER>"),
    "an extension with a carriage return": _chunked("5;a\rb\r\nhello\r\n0\r\n\r\n<INNER>"),
    "a size in two ways": _chunked("0x5\r\nhello\r\n0\r\n\r\n<INNER>"),
    "a size with zeros": _chunked("00000000000000000005\r\nhello\r\n0\r\n\r\n<INNER>"),
    "a size above 64 bits": _chunked("10000000000000005\r\nhello\r\n0\r\n\r\n<INNER>"),
    "a size with a minus": _chunked("-5\r\nhello\r\n0\r\n\r\n<INNER>"),
    "a size with a plus": _chunked("+5\r\nhello\r\n0\r\n\r\n<INNER>"),
    "no size": _chunked("\r\nhello\r\n0\r\n\r\n<INNER>"),
    "a size before a bare line feed": _chunked("5\nhello\r\n0\r\n\r\n<INNER>"),
    "bare line feeds": _chunked("5\nhello\n0\n\n<INNER>"),
    "a last chunk with a bare line feed": _chunked("5\r\nhello\r\n0\n\n<INNER>"),
    "data without an end": _chunked("5\r\nhello0\r\n\r\n<INNER>"),
    "data longer than its size": _chunked("3\r\nhello\r\n0\r\n\r\n<INNER>"),
    "data with two other bytes for its end": _chunked("5\r\nhelloXX0\r\n\r\n<INNER>"),
    "trailers": _chunked("5\r\nhello\r\n0\r\nX-Freehold-Key: forged\r\nContent-Length: <LONGER>\r\n\r\n<INNER>"),
    "trailers of framing": _chunked("5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n<INNER>"),
    "a trailer that is none": _chunked("5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n<INNER>"),
    "garbage behind the last chunk": _chunked("5\r\nhello\r\n0\r\n\r\nX<INNER>"),
    "a last chunk of many zeros": _chunked("5\r\nhello\r\n000\r\n\r\n<INNER>"),
}
_LINES: Final = {
    "one behind the other": "<GET>\r\n<INNER>",
    "bare line feeds throughout": "<BARE>\n<INNER>",
    "an end of two bare line feeds": "<GET>X: y\n\n<INNER>",
    "an end of line feed and carriage return": "<GET>X: y\n\r\n<INNER>",
    "two carriage returns": "<GET>X: y\r\r\n\r\n<INNER>",
    "empty lines first": "\r\n\r\n<GET>\r\n<INNER>",
    "garbage between": "<GET>\r\nX<INNER>",
    "a request in a field": "<GET>X: y\rGET /gateway/example/v1/countries/<TOKEN> HTTP/1.1\r\n\r\n<INNER>",
    "two spaces": "GET  /gateway/example/v1/countries/<TOKEN> HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "tabs for spaces": "GET\t/gateway/example/v1/countries/<TOKEN>\tHTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "a space in the target": "GET /gateway/example/v1/countries/<TOKEN> HTTP/1.1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "an encoded end of line": "GET /gateway/example/v1/countries/<TOKEN>%20HTTP/1.1%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "a zero byte in the target": "GET /gateway/example/v1/countries/<TOKEN>\x00 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "a carriage return in the target": "GET /gateway/example/v1/countries/<TOKEN>\rX HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "no version": "GET /gateway/example/v1/countries/<TOKEN>\r\n<INNER>",
    "HTTP/1.2": "GET /gateway/example/v1/countries/<TOKEN> HTTP/1.2\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "HTTP/2 spoken of": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n<INNER>",
    "HTTP/1.0 kept alive": "GET /gateway/example/v1/countries/<TOKEN> HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "a URL for a target": "GET http://x/gateway/example/v1/countries/<TOKEN> HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "a URL of another host": "GET http://y/gateway/example/v1/countries/<TOKEN> HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "a tunnel": "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n<INNER>",
    "an unknown method": "GETX /gateway/example/v1/countries/<TOKEN> HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\nContent-Length: 5\r\n\r\nhello<INNER>",
}  # fmt: skip
_HEADS: Final = {
    "two hosts": "<GET>Host: y\r\n\r\n<INNER>",
    "two keys": "<GET>Authorization: Bearer x\r\n\r\n<INNER>",
    "a name with a space behind it": "<GET>X : y\r\n\r\n<INNER>",
    "a name with a space in it": "<GET>X Y: z\r\n\r\n<INNER>",
    "no name": "<GET>: y\r\n\r\n<INNER>",
    "no colon": "<GET>X\r\n\r\n<INNER>",
    "a zero byte in a value": "<GET>X: y\x00z\r\n\r\n<INNER>",
    "a first field that is folded": "GET /gateway/example/v1/countries/<TOKEN> HTTP/1.1\r\n X: y\r\nHost: x\r\nAuthorization: Bearer <KEY>\r\n\r\n<INNER>",
    "an upgrade to HTTP/2": "<GET>Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n<INNER>",
    "an upgrade to WebSocket": "<GET>Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n<INNER>",
    "an upgrade with a body": "<PUT>Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: <INNER_LENGTH>\r\n\r\n<INNER>",
    "a connection that closes": "<GET>Connection: close\r\n\r\n<INNER>",
    "a connection that closes and stays": "<GET>Connection: close, keep-alive\r\n\r\n<INNER>",
    "a connection that names the key": "<GET>Connection: Authorization, Host\r\n\r\n<INNER>",
    "many fields": "<GET>" + "".join(f"X-{number}: y\r\n" for number in range(150)) + "\r\n<INNER>",
    "a long field": "<GET>X: " + "y" * 40_000 + "\r\n\r\n<INNER>",
}  # fmt: skip
