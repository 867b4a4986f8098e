// What NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say, and that they are gone then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { takeServiceEnvironment } from "../../cli/service/systemd/service_manager.ts";

const SOCKET = "/run/systemd/notify";
const CASES: [
  environment: Record<string, string>,
  socket: string | undefined,
  watchdog: number | undefined,
][] = [
  [{}, undefined, undefined],
  [{ NOTIFY_SOCKET: "" }, undefined, undefined],
  [{ NOTIFY_SOCKET: SOCKET }, SOCKET, undefined],
  [{ NOTIFY_SOCKET: "@x", WATCHDOG_USEC: "1500000" }, "@x", 1500],
  [{ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: "1500000", WATCHDOG_PID: "12" }, SOCKET, 1500],
  [{ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: "1500000", WATCHDOG_PID: "13" }, SOCKET, undefined],
  [{ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: "0" }, SOCKET, undefined],
  [{ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: "often" }, SOCKET, undefined],
  // Nobody could be told.
  [{ WATCHDOG_USEC: "1500000", WATCHDOG_PID: "12" }, undefined, undefined],
];

for (const [environment, socket, watchdog] of CASES) {
  test(`${JSON.stringify(environment)} is read and taken away`, () => {
    const left = { ...environment, PATH: "/bin" };
    assert.deepEqual(takeServiceEnvironment(left, 12), { socket, watchdog });
    assert.deepEqual(left, { PATH: "/bin" });
  });
}
