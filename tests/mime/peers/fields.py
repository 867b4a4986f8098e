"""Reads and writes fields with Python's email package: one JSON request a line, one JSON answer a line.

{"do": "read", "name", "value"} -> {"text", "addresses": [{"name", "address", "group"}] or null}, the value in base64
{"do": "write", "text", "charset"} -> {"value"}, as encoded words
"""
import base64
import email
import email.header
import email.policy
import json
import sys


def addresses_of(field):
    if not hasattr(field, "groups"):
        return None
    return [
        {"name": each.display_name, "address": each.addr_spec, "group": group.display_name}
        for group in field.groups for each in group.addresses
    ]


def read(request):
    value = base64.b64decode(request["value"])
    # From bytes it would replace those that are not ASCII.
    source = request["name"] + ": " + value.decode("utf-8", "surrogateescape") + "\n\n"
    field = email.message_from_string(source, policy=email.policy.default)[request["name"]]
    return {"text": str(field), "addresses": addresses_of(field)}


def write(request):
    return {"value": email.header.Header(request["text"], request["charset"], header_name="Subject").encode()}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"read": read, "write": write}[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
