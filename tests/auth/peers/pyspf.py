"""Checks SPF with pyspf (Debian: python3-spf): one JSON request a line, one JSON answer a line.

{"do": "spf", "zone", "client", "helo", "mailFrom"} -> {"result", "explanation", "detail"}
The zone has records by name and type; or it is {"port"}, that of a name server at 127.0.0.1. Anything else is answered with
{"error"}.
"""
import json
import sys

try:
    import spf
except ImportError:
    sys.exit(77)

zone = {}
ask_server = spf.DNSLookup


def lookup(name, qtype, strict=True, timeout=20):
    types = zone.get(name.rstrip(".").lower(), {})
    records = types.get(qtype, types.get("*", []))
    if isinstance(records, str):
        raise spf.TempError("DNS " + records)
    if qtype == "TXT":
        records = [[text.encode("latin1") for text in record] for record in records]
    if qtype == "MX":
        records = [(int(preference), host) for preference, host in records]
    return [((name, qtype), record) for record in records]


def use_server(port):
    import dns.resolver
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = port
    dns.resolver.default_resolver = resolver
    spf.DNSLookup = ask_server


def check(request):
    zone.clear()
    zone.update(request["zone"])
    if "port" in zone:
        use_server(zone["port"])
    else:
        spf.DNSLookup = lookup
    query = spf.query(i=request["client"], s=request["mailFrom"], h=request["helo"], strict=1, receiver="unknown")
    query.set_default_explanation("")
    result, _, text = query.check()
    failed = result == "fail"
    return {"result": result, "explanation": text if failed else "", "detail": "" if failed else text}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"spf": check}[request["do"]](request)
    except Exception as error:  # the library lets errors of any kind through
        answer = {"result": "error", "explanation": "", "detail": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
