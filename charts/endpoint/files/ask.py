"""Ask a URL, and fail unless the answer has the status that is expected."""

import sys
import urllib.error
import urllib.request

url, expected = sys.argv[1:]
try:
    status, said = urllib.request.urlopen(url, timeout=10).status, b""  # noqa: S310 (the chart names it)
except urllib.error.HTTPError as error:
    status, said = error.code, error.read()
print(f"{url}: {status} {said.decode(errors='replace')}")
sys.exit(0 if str(status) == expected else f"expected {expected}")
