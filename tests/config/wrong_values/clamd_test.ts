// Wrong values of the options of clamd.
import { one, type Row, testValues } from "./support.ts";

const SERVER = ["server", "unix:/run/clamav/clamd.ctl"] as const;

/** Behind `--filter clamd`. */
const CLAMD: Row[] = [
  one(
    "server",
    "/run/clamav/clamd.ctl",
    "did you mean unix:/run/clamav/clamd.ctl?",
    "unix:/run/clamav/clamd.ctl",
  ),
  one("server", "127.0.0.1:3310", "did you mean inet:3310@127.0.0.1?", "inet:3310@127.0.0.1"),
  one("server", "tcp:scanner.example.org:3310", "did you mean inet:3310@scanner.example.org?"),
  one("server", "[::1]:3310", "did you mean inet6:3310@::1?", "inet6:3310@::1"),
  one("server", "fd:3", "want unix:/path, inet:port@host or inet6:port@host"),
  [[SERVER, ["server", "local:/run/clamav/clamd.ctl"]], "it is given twice", [SERVER, [
    "server",
    "inet:3310@localhost",
  ]]],
  [[SERVER, ["on-virus", "accept"]], "want one of reject, quarantine, discard, mark", [SERVER, [
    "on-virus",
    "mark",
  ]]],
  [[SERVER, ["on-oversize", "mark"]], "want one of tempfail, reject, quarantine, accept"],
  [[SERVER, ["on-error", "skip"]], "want one of tempfail, reject, accept"],
  [[SERVER, ["max-size", "25"]], "write 25MB, or 25B if you mean bytes", [SERVER, [
    "max-size",
    "25MB",
  ]]],
  [[SERVER, ["max-size", "5GB"]], "it must be at most 4GB", [SERVER, ["max-size", "1GB"]]],
  [
    [SERVER, ["timeout", "10s"]],
    "--callback-timeout 8s comes first; raise that, or lower this",
    [SERVER, ["timeout", "8s"]],
  ],
  [
    [SERVER, ["scan-timeout", "5m"]],
    "--message-timeout 240s comes first; raise that, or lower this",
    [SERVER, ["scan-timeout", "4m"]],
  ],
  [[SERVER, ["header", "X-Virus*"]], "* is not a wildcard here; want the whole name of a header field"],
];

testValues({ name: "clamd" }, CLAMD);
