"""Reads messages with Python's email package and prints their parts.

Standard input has one message a line, in base64; standard output gets a line of JSON for each: a list of parts in document
order, or what was thrown.
"""
import base64
import email
import email.policy
import json
import sys


def name_of(part):
    # The current interface decodes names, and throws on some that the old one reads.
    try:
        return part.get_filename()
    except Exception as error:
        return "throws " + type(error).__name__


def content_of(part):
    if part.is_multipart():
        return None
    # As bytes, through the older interface: it never throws.
    return email.message.Message.get_payload(part, decode=True) or b""


def text_of(part, content):
    if content is None or part.get_content_maintype() != "text":
        return None
    charset = str(part.get_content_charset("us-ascii"))
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return "throws LookupError"


def walk(part, depth):
    content = content_of(part)
    yield {
        "depth": depth,
        "type": part.get_content_type(),
        "name": name_of(part),
        "content": None if content is None else base64.b64encode(content).decode("ascii"),
        "text": text_of(part, content),
        "defects": [type(defect).__name__ for defect in part.defects],
    }
    if part.is_multipart():
        for child in part.get_payload():
            yield from walk(child, depth + 1)


for line in sys.stdin:
    try:
        message = email.message_from_bytes(base64.b64decode(line), policy=email.policy.default)
        print(json.dumps(list(walk(message, 0))))
    except Exception as error:
        print(json.dumps("throws " + type(error).__name__))
