"""Tells the authserv-ids that Python programs see in Authentication-Results fields (Debian: python3-authres).

One JSON list a line: field values, base64, without line ends; the answer is the list of ids for each. A program gets at a
value in several ways, of which each may give another id.
"""
import base64
import email
import email.policy
import json
import sys

try:
    import authres
except ImportError:
    sys.exit(77)


def texts(value):
    unfolded = value.replace(b"\r\n", b"")
    yield unfolded.decode("latin-1")
    yield unfolded.decode("utf-8", "replace")
    yield unfolded.decode("utf-8", "surrogateescape")
    yield unfolded.decode("ascii", "ignore")
    message = b"Authentication-Results: " + value + b"\r\n\r\n"
    for policy in (email.policy.compat32, email.policy.default):
        try:
            yield str(email.message_from_bytes(message, policy=policy)["Authentication-Results"])
        except Exception:  # the package has mistakes of its own
            pass


def ids(value):
    found = set()
    for text in texts(value):
        for each in (text, text.strip()):
            try:
                header = authres.AuthenticationResultsHeader.parse("Authentication-Results: " + each)
                found.add(header.authserv_id)
            except Exception:
                pass
    return sorted(found)


for line in sys.stdin:
    print(json.dumps([ids(base64.b64decode(value)) for value in json.loads(line)]), flush=True)
