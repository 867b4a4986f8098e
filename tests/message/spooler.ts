// Spools in a process of its own, which may be killed, short of descriptors, or alone with a small disk.
import { statfsSync } from "node:fs";
import process from "node:process";
import { type Spool, SpoolError, SpoolPool } from "../../lib/message/spool.ts";
import { allClosed, contentOf, patterned } from "./spool_support.ts";
import { at, present } from "../support/present.ts";

const what = at(process.argv, 2);
const folder = at(process.argv, 3);

/** What happens when chunks of a size are pushed until no more can be. */
async function fill(spool: Spool, size: number): Promise<unknown> {
  let pushed = 0;
  try {
    for (; pushed < 10_000_000; pushed += size) await spool.push(patterned(size));
    return { pushed };
  } catch (error) {
    return { pushed, ...seen(error) };
  }
}

function seen(error: unknown): object {
  if (!(error instanceof SpoolError)) return { message: String(error) };
  const { name, code, value, message } = error;
  return { name, code, value, message };
}

/** Waits to be killed while it keeps a megabyte. */
async function hold(): Promise<unknown> {
  await new SpoolPool({ memory: 0, folder }).create().push(patterned(1_000_000));
  console.log("kept");
  return await new Promise(() => setInterval(() => {}, 1000));
}

/** Opens as many files as it may. */
async function exhaust(): Promise<unknown> {
  const pool = new SpoolPool({ memory: 0, folder });
  try {
    while (true) await pool.create().push(patterned(1));
  } catch (error) {
    return { files: pool.filesOpen, error: seen(error) };
  }
}

/** Fills its disk, by small chunks and by one of which a part is taken. */
async function overflow(): Promise<unknown> {
  const free = () => statfsSync(folder).bavail;
  const empty = free();
  const pool = new SpoolPool({ memory: 100_000, folder });
  const spool = pool.create();
  const small = await fill(spool, 30_001);
  await allClosed(pool);
  const freed = free() === empty;
  const again = await spool.push(patterned(1))?.catch(seen);
  const reading = await Promise.resolve(spool.read().next()).catch(seen);
  const before = pool.create();
  await before.push(patterned(250_000));
  const large = await fill(pool.create(), 200_000);
  before.close();
  await allClosed(pool);
  const after = pool.create();
  await after.push(patterned(350_000));
  const recovered = Buffer.from(await contentOf(after)).equals(patterned(350_000));
  return { small, freed, again, reading, large, recovered, memory: pool.memoryInUse };
}

function warn(): unknown {
  return { warning: new SpoolPool({ folder }).folderWarning() };
}

const jobs: Record<string, () => unknown> = { hold, exhaust, overflow, warn };
const result = await present(jobs[what], `a job ${what}`)();
console.log(JSON.stringify(result));
process.exit(0);
