/**
 * The thread of a {@linkcode Watchdog}.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import process from "node:process";
import { workerData } from "node:worker_threads";
import { keep } from "./kept.ts";
import { MOST_NAME, NUMBERS, type Watched } from "./watchdog.ts";

const { shared, longest } = workerData as Watched;
const numbers = new Int32Array(shared, 0, NUMBERS / 4);
let last = 0;
let since = performance.now();

setInterval(() => {
  const begun = Atomics.load(numbers, 0);
  if (begun !== last) {
    last = begun;
    since = performance.now();
  } else if (begun > 0 && performance.now() - since > longest) {
    const [, length, nameLength] = numbers;
    const target = Buffer.from(shared, NUMBERS, nameLength).toString("latin1");
    const bytes = new Uint8Array(shared, NUMBERS + MOST_NAME, length).slice();
    const file = keep(target, "a case ends", bytes);
    writeSync(2, `FOUND   ${target}: a case of ${length} bytes does not end; kept as ${file}\n`);
    process.kill(process.pid, "SIGKILL");
  }
}, 250);
