"""Asks libopendmarc (Debian: libopendmarc2), which follows RFC 7489: one JSON request a line, one JSON answer a line.

{"do": "dmarcRecord", "record"} -> {"tags": {name: value} or null}, the record in base64
{"do": "dmarcResult", "author", "record", "organization", "spf", "dkim"}
    -> {"result", "spf", "dkim"}, the record in base64, spf and dkim lists of domains that passed
"""
import base64
import ctypes
import json
import os
import sys

LIBRARIES = ("libopendmarc.so.2", "libopendmarc.so.3")
PUBLIC_SUFFIXES = "/usr/share/publicsuffix/public_suffix_list.dat"
LETTERS = {"n": "none", "q": "quarantine", "r": "reject"}
RESULTS = {14: "none", 15: "pass", 16: "reject", 17: "quarantine", 18: "none-policy"}
PASS, ALIGNED, MAIL_FROM = 1, 4, 1


class Settings(ctypes.Structure):
    """OPENDMARC_LIB_T of dmarc.h, with room to spare."""
    _fields_ = [("tld_type", ctypes.c_int), ("tld_source_file", ctypes.c_char * 4096), ("rest", ctypes.c_char * 4096)]


lib = None
for name in LIBRARIES:
    try:
        lib = ctypes.CDLL(name)
        break
    except OSError:
        continue
if lib is None or not os.path.exists(PUBLIC_SUFFIXES):
    sys.exit(77)
lib.opendmarc_policy_connect_init.restype = ctypes.c_void_p
for name in ("parse_dmarc", "store_from_domain", "store_spf", "store_dkim", "store_dmarc", "fetch_alignment", "fetch_p",
             "fetch_sp", "fetch_adkim", "fetch_aspf", "connect_shutdown"):
    function = getattr(lib, f"opendmarc_policy_{name}")
    function.restype = ctypes.c_void_p if name == "connect_shutdown" else ctypes.c_int
if lib.opendmarc_policy_library_init(ctypes.byref(Settings(1, PUBLIC_SUFFIXES.encode()))) != 0:
    sys.exit("cannot read the public suffix list")


def fetch(context, name):
    value = ctypes.c_int(0)
    getattr(lib, f"opendmarc_policy_fetch_{name}")(context, ctypes.byref(value))
    return chr(value.value) if value.value else None


def with_context(work):
    context = ctypes.c_void_p(lib.opendmarc_policy_connect_init(b"192.0.2.1", 0))
    try:
        return work(context)
    finally:
        lib.opendmarc_policy_connect_shutdown(context)


def dmarc_record(request):
    def work(context):
        record = ctypes.create_string_buffer(base64.b64decode(request["record"]))
        if lib.opendmarc_policy_parse_dmarc(context, b"example.com", record) != 0:
            return {"tags": None}
        tags = {"p": LETTERS.get(fetch(context, "p"))}
        # Without sp= it tells the value of p=, and without the others a default.
        for tag in ("sp", "adkim", "aspf"):
            value = fetch(context, tag)
            if value is not None:
                tags[tag] = LETTERS.get(value, value) if tag == "sp" else value
        return {"tags": tags}
    return with_context(work)


def dmarc_result(request):
    def work(context):
        lib.opendmarc_policy_store_from_domain(context, request["author"].encode())
        for domain in request["spf"]:
            lib.opendmarc_policy_store_spf(context, domain.encode(), PASS, MAIL_FROM, None)
        for domain in request["dkim"]:
            lib.opendmarc_policy_store_dkim(context, domain.encode(), b"s", PASS, None)
        record = ctypes.create_string_buffer(base64.b64decode(request["record"]))
        organization = request["organization"]
        lib.opendmarc_policy_store_dmarc(
            context, record, request["author"].encode(), organization and organization.encode())
        result = lib.opendmarc_get_policy_to_enforce(context)
        dkim, spf = ctypes.c_int(0), ctypes.c_int(0)
        lib.opendmarc_policy_fetch_alignment(context, ctypes.byref(dkim), ctypes.byref(spf))
        return {"result": RESULTS.get(result, str(result)), "spf": spf.value == ALIGNED, "dkim": dkim.value == ALIGNED}
    return with_context(work)


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"dmarcRecord": dmarc_record, "dmarcResult": dmarc_result}[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
