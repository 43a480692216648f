-- wrk: sends the requests of a file (asked.py) one after the other, over and over.
local requests, count, next_one = {}, 0, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*l")
    if not length then break end
    count = count + 1
    requests[count] = file:read(tonumber(length))
  end
  file:close()
end

function request()
  next_one = next_one % count + 1
  return requests[next_one]
end
