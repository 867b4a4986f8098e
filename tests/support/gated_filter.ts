/** A filter whose workers start only while a gate is open. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Opens and closes the gate, which is open at first. */
export interface Gate {
  open(): void;
  close(): void;
}

/**
 * Writes such a filter.
 *
 * @param folder where
 * @param name its name, of which there is one
 */
export function gatedFilter(folder: string, name: string): { readonly filter: string; readonly gate: Gate } {
  const filter = join(folder, `${name}.ts`);
  const closed = join(folder, `${name}-closed`);
  writeFileSync(
    filter,
    `import { existsSync } from "node:fs";
import process from "node:process";
// Only workers have a parent to talk to.
while (process.send && existsSync(${JSON.stringify(closed)})) await new Promise((go) => setTimeout(go, 20));
export default { name: "gated", mail() {} };
`,
  );
  return {
    filter,
    gate: { open: () => rmSync(closed, { force: true }), close: () => writeFileSync(closed, "") },
  };
}
