/**
 * Reports that it is running; when its input ends, takes a lock, makes and removes a folder that only one may have at a time,
 * and gives the lock back, as often as told. Ends without giving back what it took last.
 */
import { mkdirSync, rmdirSync } from "node:fs";
import process from "node:process";
import { lock } from "./lock.ts";
import { sleep } from "./process.ts";

const [path = "", times = ""] = process.argv.slice(2);
console.log("up");
process.stdin.resume().on("end", async () => {
  for (let left = Number(times); left > 0; left--) {
    const unlock = await lock(path);
    mkdirSync(`${path}-alone`);
    await sleep(5);
    rmdirSync(`${path}-alone`);
    if (left > 1) unlock();
  }
  process.exit();
});
