"""What fuzzing begins with: requests as clients send them, requests that are broken in known ways, and words to put into them."""

from typing import Final

from tests.fuzz.door import KEY, TOKEN, verification
from tests.gate.test_http_broken import BROKEN

_ASKS: Final = (
    b"GET /v1/authorize HTTP/1.1\r\nHost: gate\r\nX-Original-Method: GET\r\nX-Original-URI: /v1/countries/DK\r\n"
)
_VERIFIES: Final = b"POST /v1/keys/verify HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %b\r\n" % TOKEN.encode()
_BODY: Final = b'{"key":"%b","endpoint":"getCountry"}' % KEY.encode()

REQUESTS: Final = [
    verification(), verification() * 3, verification("fh_test_nonsense"), verification(path="/v1/countries"),
    verification() + b"GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n" + verification(),
    _ASKS + b"X-Api-Key: %b\r\n\r\n" % KEY.encode(), _ASKS + b"\r\n", _ASKS + b"Content-Length: 3\r\n\r\nabc",
    _VERIFIES + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(_BODY), _BODY),
    _VERIFIES + b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY),
    _VERIFIES + b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY),
    _VERIFIES + b"Content-Type: text/plain\r\nContent-Length: 20000\r\n\r\n" + b"x" * 100,
    b"GET /gateway/example/v1/countries/DK HTTP/1.1\r\nHost: gate\r\nX-Api-Key: %b\r\n\r\n" % KEY.encode(),
    b"POST /gateway/example/v1/countries HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n",
    b"HEAD /healthz HTTP/1.0\r\n\r\n", b"GET http://gate/readyz HTTP/1.1\r\nHost: gate\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: gate\r\n\r\n",
    # Once a defect: what came behind a request for an upgrade, and was broken, was answered with nothing.
    b"GET /healthz HTTP/1.1\r\nHost: gate\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
]  # fmt: skip

CORPUS: Final = [*REQUESTS, *(data for _, data, _ in BROKEN)]

WORDS: Final = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\0", b":", b": ", b",", b"0", b"1", b"-1", b"+1", b"0x1", b"99999999999",
    b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n",
    b"Host: gate\r\n", b"HTTP/1.0", b"HTTP/1.1", b"GET ", b"POST ", b"HEAD ", b"0\r\n\r\n", b"1;a=b\r\n", b"\xff", b"%00", b"{}", b"#",
]  # fmt: skip
