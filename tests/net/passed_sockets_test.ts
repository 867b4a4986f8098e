// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say, and which descriptors an address means then.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { descriptorsOf, type PassedSockets, readPassedSockets } from "../../lib/net/passed_sockets.ts";

const OURS: PassedSockets = {
  kind: "ours",
  sockets: [{ fd: 3, name: "milter" }, { fd: 4, name: "submission" }, { fd: 5, name: "milter" }],
};

test("sockets are those of the process that LISTEN_PID names", () => {
  const environment = { LISTEN_PID: "12", LISTEN_FDS: "3", LISTEN_FDNAMES: "milter:submission:milter" };
  assert.deepEqual(readPassedSockets(environment, 12), OURS);
  assert.deepEqual(readPassedSockets(environment, 13), { kind: "not-ours", pid: "12" });
  assert.deepEqual(readPassedSockets({}, 12), { kind: "none" });
  assert.deepEqual(readPassedSockets({ LISTEN_FDS: "1" }, 12), { kind: "none" });
});

test("what has no name is called unknown, as sd_listen_fds_with_names(3) has it", () => {
  assert.deepEqual(readPassedSockets({ LISTEN_PID: "12", LISTEN_FDS: "2", LISTEN_FDNAMES: "a" }, 12), {
    kind: "ours",
    sockets: [{ fd: 3, name: "a" }, { fd: 4, name: "unknown" }],
  });
  for (const count of ["", "-1", "x", "1e9", "99999"]) {
    assert.deepEqual(readPassedSockets({ LISTEN_PID: "12", LISTEN_FDS: count }, 12), {
      kind: "ours",
      sockets: [],
    });
  }
});

test("an address means the descriptor, or all of a name", () => {
  assert.deepEqual(descriptorsOf(4, OURS), [4]);
  assert.deepEqual(descriptorsOf("submission", OURS), [4]);
  assert.deepEqual(descriptorsOf("milter", OURS), [3, 5]);
});

test("without LISTEN_PID a number is taken at its word", () => {
  assert.deepEqual(descriptorsOf(7, { kind: "none" }), [7]);
});

const REFUSED: [what: string, wanted: number | string, passed: PassedSockets, said: string][] = [
  [
    "another name",
    "smtp",
    OURS,
    "systemd passed only fd:milter (fd:3), fd:submission (fd:4), fd:milter (fd:5); " +
    "see FileDescriptorName= in the .socket unit",
  ],
  [
    "a descriptor behind the last one",
    6,
    OURS,
    "systemd passed only fd:milter (fd:3), fd:submission (fd:4), fd:milter (fd:5); " +
    "see FileDescriptorName= in the .socket unit",
  ],
  [
    "a name where nothing was passed",
    "milter",
    { kind: "none" },
    "systemd passed no socket; is the .socket unit active?",
  ],
  [
    "a descriptor of another process",
    3,
    { kind: "not-ours", pid: "12" },
    `LISTEN_PID says that the sockets were passed to process 12, not to this one, ${process.pid}; ` +
    "start milterkit directly, without another program in between",
  ],
];

for (const [what, wanted, passed, message] of REFUSED) {
  test(`${what} is refused`, () => {
    assert.throws(() => descriptorsOf(wanted, passed), { message });
  });
}
