// Wrong values of the options of milter.
import { one, type Row, testValues } from "./support.ts";

/** Behind `--filter milter`. */
const MILTER: Row[] = [
  one("address", "inet:0@localhost", "nothing listens on port 0", "inet:1@localhost"),
  one("address", "fd:3", "want unix:/path, inet:port@host or inet6:port@host", "local:/run/x.sock"),
  [
    [["address", "inet:1@localhost"], ["timeout", "10s"]],
    "--callback-timeout 8s comes first; raise that, or lower this",
    [["address", "inet:1@localhost"], ["timeout", "8s"]],
  ],
  [
    [["address", "inet:1@localhost"], ["end-timeout", "5m"]],
    "--message-timeout 240s comes first; raise that, or lower this",
  ],
];

testValues({ name: "milter" }, MILTER);
