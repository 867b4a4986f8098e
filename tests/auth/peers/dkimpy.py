"""Signs and verifies with dkimpy (Debian: python3-dkim): one JSON request a line, one JSON answer a line.

{"do": "sign", "message", "header", "body", "algorithm", "selector", "domain", "keyFile"} -> {"message"}
{"do": "verify", "message", "keys"} -> {"passed", "detail"}, of the topmost signature
Messages are base64. Anything else is answered with {"error"}.
"""
import base64
import json
import sys

try:
    import dkim
except ImportError:
    sys.exit(77)


def sign(request):
    message = base64.b64decode(request["message"])
    with open(request["keyFile"], "rb") as file:
        key = file.read()
    field = dkim.DKIM(message).sign(
        request["selector"].encode(), request["domain"].encode(), key,
        signature_algorithm=request["algorithm"].encode(),
        canonicalize=(request["header"].encode(), request["body"].encode()),
        include_headers=[name.encode() for name in request["names"]])
    return {"message": base64.b64encode(field + message).decode()}


def verify(request):
    keys = request["keys"]

    def lookup(name, timeout=5):
        record = keys.get(name.decode("latin1").rstrip(".").lower())
        return None if record is None else record.encode("latin1")

    try:
        verifier = dkim.DKIM(base64.b64decode(request["message"]))
        return {"passed": bool(verifier.verify(dnsfunc=lookup)), "detail": ""}
    except Exception as error:  # the library lets errors of any kind through
        return {"passed": False, "detail": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"sign": sign, "verify": verify}[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
