// Addresses of stores: what they mean, and what is said of those that are wrong.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  formatStateAddress,
  parseStateAddress,
  type StateAddress,
  StateAddressError,
} from "../../lib/store/state_address.ts";

const server = (more: object = {}, host = "localhost", port = 6379) => ({
  kind: "valkey",
  endpoint: { kind: "tcp", host, port },
  database: 0,
  ...more,
});
const socket = (path: string, more: object = {}) => ({
  kind: "valkey",
  endpoint: { kind: "unix", path },
  database: 0,
  ...more,
});

describe("an address of a store", () => {
  const GOOD: readonly [text: string, meaning: object, shown?: string][] = [
    ["memory", { kind: "memory" }],
    ["/var/lib/milterkit/state.db", { kind: "file", path: "/var/lib/milterkit/state.db" }],
    ["./state.db", { kind: "file", path: "./state.db" }],
    ["../redis:", { kind: "file", path: "../redis:" }],
    ["file:state.db", { kind: "file", path: "state.db" }, "state.db"],
    ["file:memory", { kind: "file", path: "memory" }, "memory"],
    ["redis://localhost", server(), "redis://localhost:6379"],
    ["REDIS://localhost/", server(), "redis://localhost:6379"],
    ["valkey://localhost:6380/15", server({ database: 15 }, "localhost", 6380), "redis://localhost:6380/15"],
    ["redis://[2001:db8::1]:7", server({}, "2001:db8::1", 7), "redis://[2001:db8::1]:7"],
    ["redis://:se%2Fcret@h?db=2", server({ password: "se/cret", database: 2 }, "h"), "redis://h:6379/2"],
    ["redis://joe:a@b:c/d@h", server({ user: "joe", password: "a@b:c/d" }, "h"), "redis://h:6379"],
    [
      "redis://joe@h?password-file=/run/pw",
      server({ user: "joe", passwordFile: "/run/pw" }, "h"),
      "redis://h:6379",
    ],
    ["redis://h?password-file=/a%26b", server({ passwordFile: "/a&b" }, "h"), "redis://h:6379"],
    ["rediss://h", server({ tls: {} }, "h"), "rediss://h:6379"],
    [
      "valkeys://h?ca=/ca.pem&cert=/c.pem&key=/k.pem",
      server({ tls: { ca: "/ca.pem", cert: "/c.pem", key: "/k.pem" } }, "h"),
      "rediss://h:6379",
    ],
    ["redis+unix:///run/v.sock", socket("/run/v.sock")],
    [
      "valkey+unix://:pw@/run/v.sock?db=3",
      socket("/run/v.sock", { password: "pw", database: 3 }),
      "redis+unix:///run/v.sock?db=3",
    ],
  ];
  for (const [text, meaning, shown = text] of GOOD) {
    test(`may be ${text}`, () => {
      const address = parseStateAddress(text);
      assert.deepEqual(address, meaning as StateAddress);
      assert.equal(formatStateAddress(address), shown);
    });
  }

  const WRONG: readonly [text: string, reason: RegExp][] = [
    ["", /^want memory, the path of a file, as in .*, or a server, as in redis:\/\/localhost$/],
    ["memroy", /^want memory, the path/],
    ["postgres://localhost", /^want memory, the path/],
    ["redis:localhost", /^want memory, the path/],
    ["state.db", /^did you mean \.\/state\.db\?$/],
    ["state/a.b", /^did you mean \.\/state\/a\.b\?$/],
    ["localhost:6379", /^did you mean redis:\/\/localhost:6379\?$/],
    ["inet:6379@localhost", /^did you mean redis:\/\/localhost:6379\?$/],
    ["unix:/run/v.sock", /^did you mean redis\+unix:\/\/\/run\/v\.sock\?$/],
    ["unix:///run/v.sock", /^did you mean redis\+unix:\/\/\/run\/v\.sock\?$/],
    ["/var/lib/", /^the path must be that of a file, not of a folder$/],
    ["/var/lib/..", /^the path must be that of a file/],
    ["file:.", /^the path must be that of a file/],
    ["file:", /^want a path after file:/],
    ["/a\0b", /^the path holds NUL$/],
    ["redis://", /^want a host, as in/],
    ["redis:///1", /^want a host, as in/],
    ["redis://a b", /^want a host, as in/],
    ["redis://::1", /^want a host, as in/],
    ["redis://h:0", /^want a port from 1 to 65535$/],
    ["redis://h:65536", /^want a port from 1 to 65535$/],
    ["redis://h:", /^want a port from 1 to 65535$/],
    ["redis://h/x", /^want the number of a database/],
    ["redis://h/1?db=1", /^the database is given twice$/],
    ["redis://h?db=", /^want a number after db=$/],
    ["redis://h?db=1&db=2", /^db is given twice$/],
    ["redis://h?timeout=1", /^no such parameter; there are ca, cert, key, password-file, db$/],
    ["redis://h?ca=/ca.pem", /^ca, cert and key are for TLS; write rediss:\/\/$/],
    ["rediss://h?ca=", /^want a file after ca=$/],
    ["rediss://h?cert=/c.pem", /^cert and key must be given together$/],
    ["rediss+unix:///run/v.sock", /^a unix socket has no TLS; write redis\+unix:\/\/$/],
    ["redis+unix://run/v.sock", /^want the path of a socket, as in/],
    ["redis+unix:///run/", /^want the path of a socket, as in/],
    ["redis+unix:///run/%00", /^the path holds NUL$/],
    [`redis+unix:///${"x".repeat(107)}`, /^the path is longer than 107 bytes/],
    ["redis://joe@h", /^want a password before @, as in/],
    ["redis://@h", /^want a password before @, as in/],
    ["redis://:50%@h", /^a % must stand before two hexadecimal digits; write %25/],
    ["redis://:pw@h?password-file=/pw", /^there is a password, and a file with one$/],
  ];
  for (const [text, reason] of WRONG) {
    test(`is not ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => parseStateAddress(text), (error) => {
        assert.ok(error instanceof StateAddressError);
        assert.equal(error.code, "invalid-state-address");
        assert.match(error.reason, reason);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    });
  }

  test("that is wrong shows no password", () => {
    for (
      const text of [
        "redis://joe:hunter2@h/x",
        "rediss://:hunter2@",
        "redis://hunter2@h",
        "redis://:hun%ter2@h",
      ]
    ) {
      assert.throws(() => parseStateAddress(text), (error) => {
        const { message, value } = error as StateAddressError;
        return !/hunter2|hun%ter2/.test(message + value) && value.includes("***@");
      });
    }
  });
});
