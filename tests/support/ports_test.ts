// Ports for tests: nobody else has them, neither another test nor a client of anybody.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "./ports.ts";
import { programCommand } from "./runtime.ts";

const program = fileURLToPath(new URL("./ports_program.ts", import.meta.url));
const PROCESSES = 3;
const PORTS = 60;

test("processes that ask at the same time are given different ports", { timeout: 60_000 }, async () => {
  const [command, ...args] = programCommand(program, String(PORTS));
  const children = Array.from(
    { length: PROCESSES },
    () => spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const ended = Promise.all(children.map((child) => new Promise((resolve) => child.once("close", resolve))));
  let given = "";
  await Promise.all(
    children.map((child) =>
      new Promise((resolve) => child.stdout.on("data", (text) => resolve(given += text)))
    ),
  );
  for (const child of children) child.stdin.end();
  await ended;
  const ports = given.match(/\d+/g) ?? [];
  assert.equal(ports.length, PROCESSES * PORTS);
  assert.equal(new Set(ports).size, ports.length, ports.join(" "));
});

const RANGE = "/proc/sys/net/ipv4/ip_local_port_range";
test("the system gives the port to no client meanwhile", { skip: !existsSync(RANGE) }, async () => {
  const [first = 0] = readFileSync(RANGE, "utf8").split("\t").map(Number);
  assert.ok(await freePort() < first);
});
