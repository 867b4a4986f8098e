// Addresses of HTTP, and what is said of those that are none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHttpAddress, httpAddress } from "../../cli/options/http_address.ts";
import type { UsageError } from "../../cli/terminal/arguments.ts";

const read = (text: string) => httpAddress("milterkit serve", "--metrics", text);

test("a port alone is the machine's own", () => {
  assert.deepEqual(read("9465"), { kind: "inet", host: "127.0.0.1", port: 9465 });
  assert.deepEqual(read("0.0.0.0:9465"), { kind: "inet", host: "0.0.0.0", port: 9465 });
  assert.deepEqual(read("mx1.example.org:1"), { kind: "inet", host: "mx1.example.org", port: 1 });
  assert.deepEqual(read("[::1]:9465"), { kind: "inet6", host: "::1", port: 9465 });
  assert.deepEqual(read("unix:/run/m.sock"), { kind: "unix", path: "/run/m.sock" });
  assert.equal(formatHttpAddress(read("[::1]:9465")), "http://[::1]:9465/");
  assert.equal(formatHttpAddress(read("9465")), "http://127.0.0.1:9465/");
});

for (
  const [text, reason] of [
    ["", /want PORT, HOST:PORT, \[IPV6\]:PORT or unix:\/path/],
    ["localhost", /want PORT/],
    ["::1:9465", /want PORT/],
    ["inet:9465@localhost", /want PORT/],
    [":9465", /the host is missing: want 127\.0\.0\.1:9465, or 0\.0\.0\.0:9465 for all/],
    ["65536", /port 65536 is above 65535/],
    ["[localhost]:1", /localhost is not an IPv6 address/],
    ["a b:1", /"a b" is not a host/],
    ["unix:m.sock", /must begin with \//],
  ] as const
) {
  test(`says what is wrong with ${JSON.stringify(text)}`, () => {
    assert.throws(() => read(text), (error: UsageError) => {
      assert.equal(error.name, "UsageError");
      assert.equal(error.value, text);
      assert.match(error.message, /^milterkit serve: Invalid --metrics "/);
      assert.match(error.message, reason);
      return true;
    });
  });
}
