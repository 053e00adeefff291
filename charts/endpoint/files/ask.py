"""Ask a URL, and fail unless the answer has the status that is expected."""

import sys
import time
import urllib.error
import urllib.request

ATTEMPTS = 10  # the rules of a network come a moment after a new pod

url, expected = sys.argv[1:]


def answered() -> tuple[int, str]:
    """Return the status and what was said; a server that cannot be reached has none."""
    try:
        return urllib.request.urlopen(url, timeout=10).status, ""  # noqa: S310 (the chart names it)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)


for _ in range(ATTEMPTS):
    status, said = answered()
    if status:
        break
    time.sleep(1)
print(f"{url}: {status} {said}")
sys.exit(0 if str(status) == expected else f"expected {expected}")
