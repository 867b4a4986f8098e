"""Reads From fields with Python's own readers and, where it is there, libopendkim's (Debian: libopendkim11), of which
opendmarc has a copy: one JSON request a line, one JSON answer a line.

{"do": "authors", "field"} -> {"domains": {reader: [domain, ...]}}, the field and the domains in base64
"""
import base64
import ctypes
import email
import email.policy
import email.utils
import json
import sys


def of_addresses(addresses):
    return [address.rpartition("@")[2] for address in addresses if "@" in address]


def parseaddr(text):
    return of_addresses([email.utils.parseaddr(text)[1]])


def getaddresses(text):
    return of_addresses(address for _, address in email.utils.getaddresses([text]))


def headerregistry(text):
    source = b"From: " + text.encode("utf-8", "surrogateescape") + b"\n\n"
    field = email.message_from_bytes(source, policy=email.policy.default)["From"]
    return [address.domain for address in field.addresses]


def library(*names):
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            pass
    return None


opendkim = library("libopendkim.so.11", "libopendkim.so.12")


def dkim_mail_parse(text):
    user, domain = ctypes.c_char_p(), ctypes.c_char_p()
    line = ctypes.create_string_buffer(text.encode("utf-8", "surrogateescape"))
    status = opendkim.dkim_mail_parse(line, ctypes.byref(user), ctypes.byref(domain))
    return [domain.value.decode("utf-8", "surrogateescape")] if status == 0 and domain.value else []


readers = [parseaddr, getaddresses, headerregistry]
if opendkim is not None:
    readers.append(dkim_mail_parse)


def authors(request):
    text = base64.b64decode(request["field"]).decode("utf-8", "surrogateescape")
    answer = {}
    for reader in readers:
        try:
            found = reader(text)
        except Exception:  # a reader that fails names nobody
            found = []
        answer[reader.__name__] = [
            base64.b64encode(domain.encode("utf-8", "surrogateescape")).decode() for domain in found]
    return {"domains": answer}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"authors": authors}[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
