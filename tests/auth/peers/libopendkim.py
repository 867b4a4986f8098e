"""Signs and verifies with libopendkim (Debian: libopendkim11), as dkimpy.py does with dkimpy."""
import base64
import ctypes
import ctypes.util
import json
import sys
import tempfile

NAMES = ("libopendkim.so.11", "libopendkim.so.12", ctypes.util.find_library("opendkim"))
lib = None
for name in NAMES:
    try:
        lib = ctypes.CDLL(name) if name else None
    except OSError:
        continue
    if lib is not None:
        break
if lib is None:
    sys.exit(77)
for name in ("dkim_init", "dkim_sign", "dkim_verify", "dkim_getsignature"):
    getattr(lib, name).restype = ctypes.c_void_p
handle = ctypes.c_void_p(lib.dkim_init(None, None))

SETOPT, QUERYMETHOD, QUERYINFO, QUERY_FILE = 1, 6, 7, 1
FORMS = {"simple": 0, "relaxed": 1}
ALGORITHMS = {"rsa-sha256": 1, "ed25519-sha256": 2}


def check(status, what):
    if status != 0:
        raise RuntimeError(f"{what}: status {status}")


def feed(dkim, message):
    """Passes a message to a handle; returns the status of its end."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    for field in fields:
        check(lib.dkim_header(dkim, field, ctypes.c_size_t(len(field))), "dkim_header")
    check(lib.dkim_eoh(dkim), "dkim_eoh")
    if body:
        check(lib.dkim_body(dkim, body, ctypes.c_size_t(len(body))), "dkim_body")
    return lib.dkim_eom(dkim, None)


def sign(request):
    with open(request["keyFile"], "rb") as file:
        key = file.read()
    message = base64.b64decode(request["message"])
    status = ctypes.c_int(0)
    dkim = ctypes.c_void_p(lib.dkim_sign(
        handle, b"test", None, key, request["selector"].encode(), request["domain"].encode(),
        FORMS[request["header"]], FORMS[request["body"]], ALGORITHMS[request["algorithm"]],
        ctypes.c_ssize_t(-1), ctypes.byref(status)))
    check(status.value, "dkim_sign")
    check(feed(dkim, message), "dkim_eom")
    value = ctypes.create_string_buffer(8192)
    check(lib.dkim_getsighdr(dkim, value, ctypes.c_size_t(8192), ctypes.c_size_t(16)), "dkim_getsighdr")
    lib.dkim_free(dkim)
    signature = value.value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return {"message": base64.b64encode(b"DKIM-Signature: " + signature + b"\r\n" + message).decode()}


def verify(request):
    with tempfile.NamedTemporaryFile() as keys:
        for name, record in request["keys"].items():
            keys.write(f"{name} {record}\n".encode("latin1"))
        keys.flush()
        method = ctypes.c_int(QUERY_FILE)
        check(lib.dkim_options(handle, SETOPT, QUERYMETHOD, ctypes.byref(method), ctypes.c_size_t(4)), "method")
        # The pointer is of a char[]: its length is that of a path, not of the text.
        path = ctypes.create_string_buffer(keys.name.encode(), 4096)
        check(lib.dkim_options(handle, SETOPT, QUERYINFO, path, ctypes.c_size_t(len(keys.name))), "keys")
        status = ctypes.c_int(0)
        dkim = ctypes.c_void_p(lib.dkim_verify(handle, b"test", None, ctypes.byref(status)))
        check(status.value, "dkim_verify")
        result = feed(dkim, base64.b64decode(request["message"]))
        signature = ctypes.c_void_p(lib.dkim_getsignature(dkim))
        error = lib.dkim_sig_geterror(signature) if signature else None
        lib.dkim_free(dkim)
    return {"passed": result == 0, "detail": "" if result == 0 else f"status {result}, error {error}"}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"sign": sign, "verify": verify}[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
