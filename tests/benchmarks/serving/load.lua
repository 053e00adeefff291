-- wrk -s load.lua URL -- FOLDER HEADER=VALUE...: posts the files of FOLDER (0, 1, 2, ...) in turn,
-- and ends with one line of JSON. Latencies are in microseconds.

local requests, place = {}, 0

function init(arguments)
   local folder, headers = table.remove(arguments, 1), {}
   for _, pair in ipairs(arguments) do
      local name, value = pair:match("^([^=]+)=(.*)$")
      headers[name] = value
   end
   while true do
      local file = io.open(folder .. "/" .. #requests, "rb")
      if not file then break end
      requests[#requests + 1] = wrk.format("POST", wrk.path, headers, file:read("*a"))
      file:close()
   end
end

function request()
   place = place % #requests + 1
   return requests[place]
end

function done(summary, latency)
   local failed = summary.errors
   local refused = failed.connect + failed.read + failed.write + failed.timeout
   io.write(string.format(
      '\n{"answers": %d, "microseconds": %d, "bad_status": %d, "socket_errors": %d, "p50": %d, "p99": %d}\n',
      summary.requests, summary.duration, failed.status, refused,
      latency:percentile(50), latency:percentile(99)))
end
