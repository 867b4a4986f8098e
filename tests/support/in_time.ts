/** Tests of exact counts, which are exact as long as the state of a service answers in time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Milterkit } from "./milterkit.ts";

/** How often a test may begin again. */
const TRIES = 5;

/**
 * Runs a test in a folder of its own. Where the machine was so busy that the state did not answer in time, workers counted
 * apart, as they must, and the test begins again.
 *
 * @param run the test; it tells of each service that it starts
 */
export async function inTime(
  run: (folder: string, started: (service: Milterkit) => void) => Promise<void>,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const services: Milterkit[] = [];
    const folder = mkdtempSync(join(tmpdir(), "milterkit-in-time-"));
    try {
      return await run(folder, (service) => services.push(service));
    } catch (error) {
      const wasLate = ({ lines }: Milterkit) =>
        lines.some((line) => line.includes("no answer within 200 ms"));
      if (!services.some(wasLate)) throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new Error("the machine is too busy to count in time");
}
