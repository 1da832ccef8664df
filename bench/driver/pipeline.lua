-- Sends several requests at once on each connection, and reports as one line of JSON.

local batch

function init(args)
  local requests = {}
  for i = 1, tonumber(args[1]) do
    requests[i] = wrk.format("GET", "/")
  end
  batch = table.concat(requests)
end

function request()
  return batch
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"badStatus":%d,"socketErrors":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
