// Ports for tests: nobody else has them, neither another test nor a client of anybody.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "./ports.ts";
import { runOrThrow } from "./process.ts";
import { programCommand } from "./runtime.ts";

const program = fileURLToPath(new URL("./ports_program.ts", import.meta.url));
const PROCESSES = 4;
const PORTS = 200;

test("processes that ask at the same time are given different ports", async () => {
  const given = await Promise.all(
    Array.from({ length: PROCESSES }, () => runOrThrow(programCommand(program, String(PORTS)))),
  );
  const ports = given.flatMap((text) => text.trim().split(" "));
  assert.equal(ports.length, PROCESSES * PORTS);
  assert.equal(new Set(ports).size, ports.length, ports.join(" "));
});

const RANGE = "/proc/sys/net/ipv4/ip_local_port_range";
test("the system gives the port to no client meanwhile", { skip: !existsSync(RANGE) }, async () => {
  const [first] = readFileSync(RANGE, "utf8").split("\t").map(Number);
  assert.ok(await freePort() < first);
});
