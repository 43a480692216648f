"""fastapi-key-auth: its middleware, keys in environment variables API_KEY_*."""

from fastapi import FastAPI
from fastapi_key_auth import AuthorizerMiddleware

app = FastAPI(openapi_url=None)
app.add_middleware(AuthorizerMiddleware)


@app.get("/v1/countries/{code}")
async def country(code: str) -> dict:
    return {"allowed": True, "code": code}
