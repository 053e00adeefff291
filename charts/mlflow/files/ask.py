"""Ask the server for its experiments: `ask.py URL STATUS`; ends well if it answers with this status."""

import base64
import os
import sys
import time
import urllib.error
import urllib.request


def ask(url: str) -> str:
    """Give the status of the answer, or why there was none."""
    request = urllib.request.Request(f"{url}/api/2.0/mlflow/experiments/search?max_results=1")  # noqa: S310
    if password := os.environ.get("PASSWORD"):
        pair = f"{os.environ['USERNAME']}:{password}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    try:
        return str(urllib.request.urlopen(request, timeout=30).status)  # noqa: S310
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return str(error)


url, expected = sys.argv[1:]
for _ in range(30):  # a new pod may take seconds to be let through
    answer = ask(url)
    if answer.isdigit():
        break
    time.sleep(1)
sys.exit(0 if answer == expected else f"{url} answered with {answer}, expected {expected}")
