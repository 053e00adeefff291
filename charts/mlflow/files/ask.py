"""Ask the server for its experiments: `ask.py URL STATUS`; ends well if it answers with this status."""

import base64
import os
import sys
import urllib.error
import urllib.request

url, expected = sys.argv[1:]
request = urllib.request.Request(f"{url}/api/2.0/mlflow/experiments/search?max_results=1")
if password := os.environ.get("PASSWORD"):
    pair = f"{os.environ['USERNAME']}:{password}".encode()
    request.add_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
try:
    status = urllib.request.urlopen(request, timeout=30).status
except urllib.error.HTTPError as error:
    status = error.code
sys.exit(0 if str(status) == expected else f"{url} answered with {status}, expected {expected}")
