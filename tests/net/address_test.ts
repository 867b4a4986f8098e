import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Address,
  AddressError,
  formatAddress,
  MAX_UNIX_PATH,
  parseAddress,
} from "../../lib/net/address.ts";

for (
  const [text, address, shown] of [
    ["unix:/run/x.sock", { kind: "unix", path: "/run/x.sock" }, "unix:/run/x.sock"],
    ["local:/run/x.sock", { kind: "unix", path: "/run/x.sock" }, "unix:/run/x.sock"],
    ["unix:/run/a:b@c", { kind: "unix", path: "/run/a:b@c" }, "unix:/run/a:b@c"],
    [`unix:/${"x".repeat(106)}`, { kind: "unix", path: `/${"x".repeat(106)}` }, `unix:/${"x".repeat(106)}`],
    ["inet:8891@localhost", { kind: "inet", host: "localhost", port: 8891 }, "inet:8891@localhost"],
    ["inet:localhost:8891", { kind: "inet", host: "localhost", port: 8891 }, "inet:8891@localhost"],
    ["inet:0@127.0.0.1", { kind: "inet", host: "127.0.0.1", port: 0 }, "inet:0@127.0.0.1"],
    [
      "inet:65535@mx_1.example.net",
      { kind: "inet", host: "mx_1.example.net", port: 65535 },
      "inet:65535@mx_1.example.net",
    ],
    ["inet6:8891@::1", { kind: "inet6", host: "::1", port: 8891 }, "inet6:8891@::1"],
    ["inet6:[::1]:8891", { kind: "inet6", host: "::1", port: 8891 }, "inet6:8891@::1"],
    [
      "inet6:8891@[fe80::1%eth0]",
      { kind: "inet6", host: "fe80::1%eth0", port: 8891 },
      "inet6:8891@fe80::1%eth0",
    ],
    ["fd:3", { kind: "fd", fd: 3 }, "fd:3"],
    ["fd:milter", { kind: "fd", fd: "milter" }, "fd:milter"],
    ["fd:milterkit@2.socket", { kind: "fd", fd: "milterkit@2.socket" }, "fd:milterkit@2.socket"],
    [
      "parent:inet:localhost:1",
      { kind: "parent", of: "inet:1@localhost" },
      "parent:inet:1@localhost",
    ],
  ] as [string, Address, string][]
) {
  test(`${text} is read, and written as ${shown}`, () => {
    assert.deepEqual(parseAddress(text), address);
    assert.equal(formatAddress(address), shown);
    assert.deepEqual(parseAddress(shown), address);
  });
}

for (
  const [text, reason] of [
    ["", "want unix:/path"],
    ["8891", "want unix:/path"],
    ["parent:", "want one of the parent's addresses"],
    ["tcp:8891@localhost", "want unix:/path"],
    ["/run/x.sock", "did you mean unix:/run/x.sock?"],
    ["/run/x\n.sock", "want unix:/path"],
    ["unix:run/x.sock", "must begin with /"],
    ["unix:", "must begin with /"],
    [`unix:/${"x".repeat(MAX_UNIX_PATH)}`, "longer than 107 bytes"],
    [`unix:/${"ü".repeat(54)}`, "longer than 107 bytes"],
    ["unix:/run/x\0y", "holds NUL"],
    ["inet:8891", "say which host to listen on: inet:8891@localhost, or inet:8891@0.0.0.0 for all"],
    ["inet6:8891", "or inet6:8891@:: for all"],
    ["inet:", "want a port and a host"],
    ["inet:localhost", "want a port and a host"],
    ["inet:@localhost", "want a port and a host"],
    ["inet:x@localhost", "want a port and a host"],
    ["inet:-1@localhost", "want a port and a host"],
    ["inet:65536@localhost", "port 65536 is above 65535"],
    ["inet:1@a b", '"a b" is not a host'],
    ["inet:1@a/b", '"a/b" is not a host'],
    ["fd:", "want a number"],
    ["fd:-1", "want a number or a name"],
    ["fd:12345", "want a number or a name"],
    ["fd:a b", "want a number or a name"],
    ["fd:a:b", "want a number or a name"],
  ] as const
) {
  test(`${JSON.stringify(text.slice(0, 30))} cannot be read: ${reason}`, () => {
    assert.throws(() => parseAddress(text), (error: AddressError) => {
      assert.ok(error instanceof AddressError);
      assert.deepEqual([error.code, error.value], ["invalid-address", text]);
      assert.match(error.message, /^Invalid address [^\n\0]+$/);
      assert.ok(error.message.includes(reason), error.message);
      assert.equal(error.message, `Invalid address ${JSON.stringify(text)}: ${error.reason}`);
      return true;
    });
  });
}
