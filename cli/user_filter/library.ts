/**
 * `milterkit` and its other entries: what a user's file imports by these names is this very library, already loaded.
 *
 * Deno has the names from `imports` in deno.json, which hold for whatever this program loads; Bun, compiled or not, is
 * told here. So nothing need be installed, and a class of the library is the same on both sides.
 *
 * @module
 */

/** The part of Bun that makes modules of objects. */
interface BunPlugins {
  plugin(plugin: { name: string; setup(build: PluginBuilder): void }): void;
}

interface PluginBuilder {
  module(specifier: string, load: () => Promise<{ exports: object; loader: "object" }>): void;
}

/** What each name stands for. Literal imports, so that a compiler sees them. */
const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  "milterkit": () => import("../../mod.ts"),
  "milterkit/testing": () => import("../../lib/testing.ts"),
  "milterkit/auth": () => import("../../lib/auth.ts"),
};

/** The names. */
export const LIBRARY_NAMES: readonly string[] = Object.keys(MODULES);

/** What a module of the library exports; nothing where there is no such module. */
export async function libraryExports(name: string): Promise<string[]> {
  return Object.keys(await MODULES[name]?.() ?? {});
}

/** A plugin is for the whole process, and Bun cannot be asked whether it is there. */
let provided = false;

/** Makes the names known to the runtime. Once is enough. */
export function provideLibrary(): void {
  const { Bun } = globalThis as { Bun?: BunPlugins };
  if (!Bun || provided) return;
  provided = true;
  Bun.plugin({
    name: "milterkit",
    setup(build) {
      for (const [name, load] of Object.entries(MODULES)) {
        build.module(name, async () => ({ exports: { ...await load() }, loader: "object" }));
      }
    },
  });
}
