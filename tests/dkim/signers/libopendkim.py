"""Signs the message on standard input with libopendkim (Debian: libopendkim11).

Arguments: header canonicalization, body canonicalization, selector, domain, PEM file of an RSA key.
Exit status 77: the library is not there.
"""
import ctypes
import ctypes.util
import sys

path = ctypes.util.find_library("opendkim")
if path is None:
    for path in ("libopendkim.so.11", "libopendkim.so.12"):
        try:
            ctypes.CDLL(path)
            break
        except OSError:
            path = None
if path is None:
    sys.exit(77)
lib = ctypes.CDLL(path)
for name in ("dkim_init", "dkim_sign"):
    getattr(lib, name).restype = ctypes.c_void_p


def check(status, what):
    if status != 0:
        sys.exit(f"{what}: status {status}")


FORMS = {"simple": 0, "relaxed": 1}
RSA_SHA256 = 1
header_form, body_form, selector, domain, key_file = sys.argv[1:]
with open(key_file, "rb") as file:
    key = file.read()
head, _, body = sys.stdin.buffer.read().partition(b"\r\n\r\n")
status = ctypes.c_int(0)
dkim = ctypes.c_void_p(lib.dkim_sign(
    ctypes.c_void_p(lib.dkim_init(None, None)), b"test", None, key, selector.encode(), domain.encode(),
    FORMS[header_form], FORMS[body_form], RSA_SHA256, ctypes.c_ssize_t(-1), ctypes.byref(status)))
check(status.value, "dkim_sign")
fields = []
for line in head.split(b"\r\n"):
    if line[:1] in (b" ", b"\t"):
        fields[-1] += b"\r\n" + line
    else:
        fields.append(line)
for field in fields:
    check(lib.dkim_header(dkim, field, ctypes.c_size_t(len(field))), "dkim_header")
check(lib.dkim_eoh(dkim), "dkim_eoh")
check(lib.dkim_body(dkim, body, ctypes.c_size_t(len(body))), "dkim_body")
check(lib.dkim_eom(dkim, None), "dkim_eom")
value = ctypes.create_string_buffer(8192)
check(lib.dkim_getsighdr(dkim, value, ctypes.c_size_t(8192), ctypes.c_size_t(16)), "dkim_getsighdr")
signature = value.value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
sys.stdout.buffer.write(b"DKIM-Signature: " + signature + b"\r\n" + head + b"\r\n\r\n" + body)
