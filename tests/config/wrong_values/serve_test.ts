// Wrong values of the options of serve.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { readConfiguration } from "../../../cli/config/configuration.ts";
import { one, type Row, saidOfFile, saidOfFlags, testValues } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-values-"));
after(() => rmSync(folder, { recursive: true }));

/** Before the first filter, with `--listen inet:8891@localhost` where there is none. */
const SERVE: Row[] = [
  one("listen", "inet:70000", "port 70000 is above 65535", "inet:7000@localhost"),
  one("listen", "inet:8891@*", "write inet:8891@0.0.0.0 for all", "inet:8891@0.0.0.0"),
  one(
    "listen",
    "unix:/run/",
    "the path must be that of a socket, as in unix:/run/milterkit.sock",
    "unix:/run/x",
  ),
  one(
    "listen",
    `unix:/${"x".repeat(107)}`,
    "the path is longer than 107 bytes, the maximum for a unix socket",
    `unix:/${"x".repeat(106)}`,
  ),
  one("log-level", "warn", "want one of debug, info, warning, error; did you mean warning?", "warning"),
  one("log-level", "INFO", "want one of debug, info, warning, error; did you mean info?"),
  one("log-level", "debgu", "want one of debug, info, warning, error; did you mean debug?"),
  one("spool-memory", "256", "write 256MB, or 256B if you mean bytes", "256B", "0"),
  one("spool-memory", "100MB", "--spool-total 64MiB comes first; raise that, or lower this", "64MiB"),
  one(
    "limit-connections-per-client",
    "10001",
    "--limit-connections 10000 comes first; raise that, or lower this",
  ),
  one("limit-recipients", "0", "it must be at least 1", "1"),
  one("stop-timeout", "0", "write 0s", "0s"),
  one("stop-timeout", "30", "write 30s, or 30ms if you mean milliseconds", "30ms"),
  one("stop-timeout", "0.5ms", "milliseconds must be a whole number", "0.5s"),
  one("callback-timeout", "11m", "it must be at most 10m", "10m"),
  one("workers", "0", "want a number from 1 to 256, or auto", "1", "auto"),
  one("workers", "04", "want a number from 1 to 256, or auto"),
  one("socket-mode", "660", "it applies to unix sockets, and no --listen is one"),
  [
    [["listen", "unix:/run/x"], ["socket-mode", "444"]],
    "nobody could connect, since that needs write permission; want for example 660",
    [["listen", "unix:/run/x"], ["socket-mode", "0600"]],
  ],
  [
    [["listen", "inet:8891@127.0.0.1"], ["metrics", "8891"]],
    "--listen inet:8891@127.0.0.1 uses that address; choose another",
    [["listen", "inet:8891@127.0.0.1"], ["metrics", "8892"]],
  ],
  [
    [["listen", "inet:8891@127.0.0.1"], ["status-messages", "100"]],
    "there is no status page without --metrics",
    [["metrics", "8892"], ["status-messages", "100"]],
  ],
  [
    [["metrics", "8892"], ["status-messages", "10k"]],
    "want a whole number, such as 100",
    [["metrics", "8892"], ["status-messages", "0"]],
  ],
  [
    [["metrics", "8892"], ["status-messages", "100001"]],
    "it must be at most 100000",
    [["metrics", "8892"], ["status-messages", "100000"]],
  ],
  one(
    "dns-server",
    "ns.example",
    'Cannot use "ns.example" as a name server: write an IP address, IPv4:PORT or [IPv6]:PORT',
    "127.0.0.1",
    "[::1]:53",
  ),
  [
    [["dns-server", "127.0.0.1"], ["dns-records", "/dev/null"]],
    "with it no server is asked; leave out --dns-server",
    [["dns-records", "/dev/null"]],
  ],
  [
    [["dns-records", "/dev/null"], ["dns-timeout", "2s"]],
    "with --dns-records no server is waited for",
    [["dns-server", "127.0.0.1"], ["dns-timeout", "2s"]],
  ],
  one(
    "state",
    "state.db",
    "did you mean ./state.db?",
    "memory",
    "/var/lib/milterkit/state.db",
    "redis://localhost",
  ),
  one(
    "log-to",
    "syslog:lokal0",
    "want mail, daemon, user, or local0 to local7; did you mean local0?",
    "syslog:local0",
  ),
  one("log-to", "syslog:", "want mail, daemon, user, or local0 to local7", "syslog"),
  one("log-to", "journal", "want stderr, syslog or syslog:FACILITY, such as syslog:local0", "stderr"),
  [
    [["log-to", "syslog"], ["log-format", "journal"]],
    "--log-to syslog has priorities of its own; want text or json",
    [["log-to", "syslog"], ["log-format", "json"]],
  ],
  one("pid-file", "/run/", "the path must be that of a file, such as /run/milterkit.pid", "/run/x.pid"),
  one("on-state-error", "reject", "want one of accept, tempfail", "accept", "tempfail"),
  one("state-timeout", "1m", "it must be at most 10s", "1ms", "200ms", "10s"),
  [
    [["state", "/var/lib/milterkit/state.db"], ["state-secret", "/dev/null"]],
    "keys are hashed only in a Valkey or Redis server; set --state redis://… with it",
    [["state", "redis://localhost"], ["state-secret", "/dev/null"]],
  ],
];

testValues(undefined, SERVE);

/** Lists on a command line; in a file they are tables, see `named_conditions_test.ts`. */
const LISTS: [value: string, says: string][] = [
  ["a", "want a name, = and entries, such as internal=10.0.0.0/8"],
  ["a=", "there is no entry after ="],
  ["A=10.0.0.0/8", "the name needs lower-case letters, digits, - or _, such as a"],
  ["a=10.0.0.0/33", '"10.0.0.0/33": want a network, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1'],
  ["a=@a", '"@a": the list names itself: @a names @a'],
  ["a=@b", '"@b": there is no list b; did you mean @a?'],
  ["a=file:/none", "/none: there is no such file"],
  [
    "a=hash:/x",
    '"hash:/x": hash: is a compiled table; name the text that it was made of with texthash:',
  ],
  ["a=cidr:", '"cidr:": there is no path after cidr:'],
];

describe("what is said of", () => {
  for (const [value, says] of LISTS) {
    it(`--list ${value}`, async () => {
      const said = `milterkit serve: Invalid --list ${JSON.stringify(value)}: ${says}`;
      assert.equal(await saidOfFlags(undefined, [["list", value]]), said);
    });
  }

  it("a condition that is known too late for the filter, by the name of its option", async () => {
    for (const [name, value] of [["only-from", "example.org"], ["not-header", "X-A"]] as const) {
      const filter = { name: "size-limit", before: [["max", "1MB"]] } as const;
      assert.deepEqual(await saidOfFile(filter, [[name, value]]), [
        'm.toml:1:1: invalid filter "size-limit": it may refuse at mail, ' +
        `but ${name} ${value} is known only at the end of the message, eom`,
      ]);
    }
  });

  it("one address twice", async () => {
    const twice = [["listen", "inet:8891@localhost"], ["listen", "inet:localhost:8891"]] as const;
    assert.equal(
      await saidOfFlags(undefined, twice),
      'milterkit serve: Invalid --listen "inet:8891@localhost": it is given twice',
    );
    assert.deepEqual(await saidOfFile(undefined, twice), [
      "m.toml:1:34: inet:8891@localhost is already in use by another listen",
    ]);
    // The system chooses a port for each.
    const any = [["listen", "inet:0@localhost"], ["listen", "inet:0@localhost"]] as const;
    assert.equal(await saidOfFlags(undefined, any), "");
    assert.deepEqual(await saidOfFile(undefined, any), []);
  });

  it("a number without a unit in a file", async () => {
    const path = join(folder, "n.toml");
    writeFileSync(path, 'listen = "inet:1@localhost"\n[[filter]]\nname = "size-limit"\nmax = 25\n');
    await assert.rejects(readConfiguration(path), {
      message: `${path}:4:7: invalid max "25": write 25MB, or 25B if you mean bytes`,
    });
  });

  it("a condition on another listener's address", async () => {
    const path = join(folder, "l.toml");
    const listener = (port: number, condition: string) =>
      `[[listener]]\nlisten = "inet:${port}@localhost"\n[[listener.filter]]\nname = "size-limit"\nmax = "1MB"\n${condition}`;
    writeFileSync(path, listener(1, 'only-listener = "inet:2@localhost"\n') + listener(2, ""));
    await assert.rejects(readConfiguration(path), {
      message:
        `${path}:6:17: invalid only-listener "inet:2@localhost": this filter is not served there, but at inet:1@localhost`,
    });
    writeFileSync(path, listener(1, 'not-listener = "inet:2@localhost"\n') + listener(2, ""));
    await readConfiguration(path);
  });
});
