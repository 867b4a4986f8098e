import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDnsServer, sameAddress, systemDnsServers } from "../../lib/dns/servers.ts";
import { StubResolver } from "../../lib/dns/stub.ts";

test("addresses of servers", () => {
  assert.deepEqual(parseDnsServer("192.0.2.1"), { host: "192.0.2.1", port: 53, family: 4 });
  assert.deepEqual(parseDnsServer("192.0.2.1:5353"), { host: "192.0.2.1", port: 5353, family: 4 });
  assert.deepEqual(parseDnsServer("2001:db8::1"), { host: "2001:db8::1", port: 53, family: 6 });
  assert.deepEqual(parseDnsServer("[2001:db8::1]"), { host: "2001:db8::1", port: 53, family: 6 });
  assert.deepEqual(parseDnsServer("[2001:db8::1]:54"), { host: "2001:db8::1", port: 54, family: 6 });
  for (
    const text of [
      "",
      "dns.example",
      "192.0.2.1:",
      "192.0.2.1:0",
      "192.0.2.1:65536",
      "[::1",
      "[::1]54",
      "::1:x",
    ]
  ) {
    assert.throws(() => parseDnsServer(text), TypeError, text);
  }
  assert.throws(() => new StubResolver({ servers: [] }), TypeError);
});

test("one address may be written in several ways", () => {
  assert.ok(sameAddress("::1", "0:0:0:0:0:0:0:1"));
  assert.ok(sameAddress("fe80::1%eth0", "FE80::1"));
  assert.ok(!sameAddress("::1", "::2"));
  assert.ok(!sameAddress("127.0.0.1", "127.0.0.2"));
});

test("the system's servers are given once each", () => {
  const servers = systemDnsServers().map((server) => JSON.stringify(server));
  assert.ok(servers.length > 0);
  assert.equal(new Set(servers).size, servers.length);
});
