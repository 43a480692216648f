-- Asks Freehold's gate whether a request may pass: the action `lua.freehold` of haproxy.cfg.

-- To accept no sandbox keys, add &environment=production.
local QUESTION = "http://127.0.0.1:8401/v1/authorize?api=example&status=own"
local TIMEOUT_MS = 3000

-- Of a denial, what the client may know.
local SHOWN = {
  "x-freehold-request-id", "x-freehold-reason", "ratelimit", "ratelimit-policy", "retry-after",
  "www-authenticate", "cache-control",
}
-- Of a request that may pass, what the API may rely on.
local TOLD = { "x-freehold-project", "x-freehold-key", "x-freehold-environment", "x-freehold-request-id" }

-- All values of one field: the gate refuses two keys, and must see both.
local function values(headers, name)
  local found = {}
  for _, value in pairs(headers[name] or {}) do
    found[#found + 1] = value
  end
  return found
end

local function first(headers, name)
  for _, value in pairs(headers[name] or {}) do
    return value
  end
end

local function deny(txn, answer)
  local status = answer.status
  if not status or status < 400 then
    status = 503 -- no word of the gate: it is gone, or hangs
  end
  local reply = txn:reply({ status = status })
  for _, name in ipairs(SHOWN) do
    local value = answer.headers and first(answer.headers, name)
    if value then
      reply:add_header(name, value)
    end
  end
  txn:done(reply)
end

core.register_action("freehold", { "http-req" }, function(txn)
  local request = txn.http:req_get_headers()
  local answer = core.httpclient():get({
    url = QUESTION,
    timeout = TIMEOUT_MS,
    headers = {
      ["authorization"] = values(request, "authorization"),
      ["x-api-key"] = values(request, "x-api-key"),
      ["user-agent"] = values(request, "user-agent"),
      ["x-forwarded-for"] = values(request, "x-forwarded-for"),
      ["x-original-method"] = { txn.f:method() },
      ["x-original-uri"] = { txn.f:pathq() },
    },
  })
  if not answer or answer.status ~= 204 then
    deny(txn, answer or {})
  end
  for _, name in ipairs(TOLD) do
    txn.http:req_set_header(name, first(answer.headers, name) or "")
  end
  txn:set_var("txn.freehold_request", first(answer.headers, "x-freehold-request-id"))
end)
