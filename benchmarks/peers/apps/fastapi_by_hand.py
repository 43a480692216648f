"""What one writes by hand in an afternoon: keys by digest in memory, a scope, a fixed-window limit, a count."""

import hashlib
import os
import time
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI(openapi_url=None)
KEYS = {
    hashlib.sha256(text.encode()).digest(): {"scope": {"countries"}, "window": 0, "used": 0, "requests": 0}
    for text in Path(os.environ["BENCH_KEYS"]).read_text().split()
}
LIMIT = 500_000_000


async def allowed_key(authorization: Annotated[str, Header()] = "") -> dict:
    key = KEYS.get(hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest())
    if key is None:
        raise HTTPException(401, "unknown key")
    if "countries" not in key["scope"]:
        raise HTTPException(403, "not in scope")
    window = int(time.time() // 60)
    if key["window"] != window:
        key["window"], key["used"] = window, 0
    if key["used"] >= LIMIT:
        raise HTTPException(429, "rate limited")
    key["used"] += 1
    key["requests"] += 1
    return key


@app.get("/v1/countries/{code}")
async def country(code: str, key: Annotated[dict, Depends(allowed_key)]) -> dict:
    return {"allowed": True, "code": code, "remaining": LIMIT - key["used"]}
