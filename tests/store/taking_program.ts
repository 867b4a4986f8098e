/**
 * Takes from a rate in a Valkey server as often as told, many at once, and prints how often there was enough.
 *
 *     bun tests/store/taking_program.ts ADDRESS COUNT AT-ONCE   (or deno run -A)
 */
import process from "node:process";
import { parseStateAddress } from "../../lib/store/state_address.ts";
import { ValkeyStore } from "../../lib/store/valkey/valkey_store.ts";

const [text = "", count = "", atOnce = ""] = process.argv.slice(2);
const address = parseStateAddress(text);
if (address.kind !== "valkey") throw new Error("want the address of a Valkey server");
const store = new ValkeyStore(address, { timeout: 60_000 });
// Next to nothing comes back while a test runs.
const rate = { count: 1, per: 86_400_000, burst: 4000 };
let left = Number(count);
let given = 0;
await Promise.all(Array.from({ length: Number(atOnce) }, async () => {
  while (left-- > 0) if ((await store.take("program", rate)).ok) given++;
}));
await store.close();
console.log(given);
