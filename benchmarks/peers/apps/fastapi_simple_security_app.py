"""fastapi-simple-security: its dependency, keys in its SQLite file, a count of queries a key."""

import os
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi_simple_security import api_key_security
from fastapi_simple_security._sqlite_access import sqlite_access

app = FastAPI(openapi_url=None)
made = [sqlite_access.create_key(str(number), never_expire=True) for number in range(int(os.environ["BENCH_COUNT"]))]
Path(os.environ["BENCH_KEYS"]).write_text("\n".join(made))


@app.get("/v1/countries/{code}", dependencies=[Depends(api_key_security)])
async def country(code: str) -> dict:
    return {"allowed": True, "code": code}
