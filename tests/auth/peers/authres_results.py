"""Tells the results that python3-authres reads in Authentication-Results fields.

One JSON list a line: field values, base64; the answer has for each its id and results, or null if it is refused.
"""
import base64
import json
import sys

try:
    import authres
except ImportError:
    sys.exit(77)


def read(value):
    try:
        text = base64.b64decode(value).decode("utf-8")
        header = authres.AuthenticationResultsHeader.parse_value(text)
        return {"id": header.authserv_id, "results": [parts(result) for result in header.results]}
    except Exception:  # the package has mistakes of its own
        return None


def parts(result):
    properties = [[each.type, each.name, str(each.value)] for each in result.properties]
    return [result.method, result.version, result.result, result.reason, properties]


for line in sys.stdin:
    print(json.dumps([read(value) for value in json.loads(line)]), flush=True)
