/**
 * Resolves `milterkit` and its other entries in a user's file to the library that is already loaded.
 *
 * So a user need not install it, and both sides share its classes. Deno takes the names from `imports` in deno.json,
 * which apply to everything that this program loads. Bun, compiled or not, needs the plugin below.
 *
 * @module
 */

/** The part of Bun that makes modules from objects. */
interface BunPlugins {
  plugin(plugin: { name: string; setup(build: PluginBuilder): void }): void;
}

interface PluginBuilder {
  module(specifier: string, load: () => Promise<{ exports: object; loader: "object" }>): void;
}

/** The module for each name. The imports are literal so that the compiler includes them. */
const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  "milterkit": () => import("../../mod.ts"),
  "milterkit/testing": () => import("../../lib/testing.ts"),
  "milterkit/auth": () => import("../../lib/auth.ts"),
  "milterkit/mime": () => import("../../lib/mime.ts"),
  "milterkit/lint": () => import("../../lib/lint.ts"),
};

/** The names by which a file can import the library. */
export const LIBRARY_NAMES: readonly string[] = Object.keys(MODULES);

/** The names that a module of the library exports; none if there is no such module. */
export async function libraryExports(name: string): Promise<string[]> {
  return Object.keys(await MODULES[name]?.() ?? {});
}

/** A plugin is for the whole process, and Bun cannot be asked whether it is there. */
let provided = false;

/** Makes the names known to the runtime. Further calls do nothing. */
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
