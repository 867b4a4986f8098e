/**
 * A case tried: what is wrong with what came of it, if anything is.
 *
 * @module
 */
import process from "node:process";
import { Broken, type Target } from "./target.ts";

/** What is wrong. */
export interface Finding {
  /** The same for findings that are likely one: the rule that broke, or the error with where it was thrown. */
  readonly key: string;
  /** What is wrong, with its stack. */
  readonly text: string;
}

/**
 * Longest time of a case of up to 64 KiB, in milliseconds of the processor: what takes longer takes time that grows faster
 * than its input, and a stranger's message could stall all others.
 */
export const LONGEST = 400;
/** Longest time of a case that waits, in milliseconds. */
const LONGEST_WAIT = 20_000;

/** What tells how long a case takes, both in milliseconds. */
export interface Stopwatch {
  /** The time. */
  now(): number;
  /** The time that this process has had of the processor. */
  spent(): number;
}

const STOPWATCH: Stopwatch = {
  now: () => performance.now(),
  spent() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * Tries a case.
 *
 * @returns what is wrong; undefined where all is as it must be
 */
export async function judge(
  target: Target,
  bytes: Uint8Array,
  stopwatch: Stopwatch = STOPWATCH,
): Promise<Finding | undefined> {
  const start = stopwatch.now();
  try {
    const pending = target.check(bytes);
    if (pending) await ended(pending);
  } catch (error) {
    return findingOf(error);
  }
  if (stopwatch.now() - start < LONGEST) return undefined;
  const least = await leastTime(target, bytes, stopwatch);
  if (least < LONGEST) return undefined;
  const what = `a case of ${bytes.length} bytes takes ${Math.round(least)} ms`;
  return { key: "a case takes too long", text: what };
}

/** Of several tries, since a busy machine is no finding. */
async function leastTime(target: Target, bytes: Uint8Array, stopwatch: Stopwatch): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3 && least >= LONGEST; i++) {
    const before = stopwatch.spent();
    await target.check(bytes);
    least = Math.min(least, stopwatch.spent() - before);
  }
  return least;
}

async function ended(pending: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Broken("a case ends")), LONGEST_WAIT);
  });
  try {
    await Promise.race([pending, late]);
  } finally {
    clearTimeout(timer);
  }
}

function findingOf(thrown: unknown): Finding {
  if (!(thrown instanceof Error)) return { key: `threw ${String(thrown)}`, text: `threw ${String(thrown)}` };
  const text = thrown.stack?.includes(thrown.message) ? thrown.stack : `${thrown.message}\n${thrown.stack}`;
  if (thrown instanceof Broken) return { key: thrown.rule, text };
  return { key: `${thrown.name}${placeOf(thrown)}`, text };
}

/** Where an error was thrown: the first place of the project's own. */
function placeOf({ stack = "" }: Error): string {
  const [, place] = /((?:lib|filters|cli|tests\/fuzz)\/[\w./]+\.ts:\d+)/.exec(stack) ?? [];
  return place === undefined ? "" : ` at ${place}`;
}
