/** Runs an example of the docs as the program that it is. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Example, root } from "../../scripts/docs/examples.ts";

const url = (file: string): string => JSON.stringify(new URL(file, root).href);

/** The same library, but what an example serves is served at an address of its own, and stopped in the end. */
const LIBRARY = `
import { serve as serveThere } from ${url("mod.ts")};
export * from ${url("mod.ts")};
export const servers = [];
export async function serve(options) {
  const server = await serveThere({ ...options, listen: "inet:0@127.0.0.1" });
  servers.push(server);
  return server;
}
`;

/**
 * Runs an example; rejects with what it throws.
 *
 * @returns what it exports
 */
export async function runExample({ code }: Example): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-example-"));
  try {
    const library = join(folder, "library.mjs");
    const program = join(folder, "example.ts");
    writeFileSync(library, LIBRARY);
    writeFileSync(
      program,
      code
        .replace(/"(?:milterkit|\.\/mod\.ts)"/g, JSON.stringify(library))
        .replace(/"milterkit\/(\w+)"/g, (_, entry) => url(`lib/${entry}.ts`)),
    );
    const exported = await import(program);
    const { servers } = await import(library);
    for (const server of servers) await server.abort();
    return exported;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
