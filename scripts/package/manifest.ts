/**
 * Generates the `package.json` of the npm package.
 *
 * @module
 */

/** What of `deno.json` goes into it. */
export interface Project {
  /** Its name on JSR. */
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** By subpath, such as `./testing`, the source file. */
  readonly exports: Readonly<{ ".": string } & Record<string, string>>;
}

/** The contents of the npm package's `package.json`. */
export function npmManifest({ name, version, license, exports }: Project): Record<string, unknown> {
  const subpaths = Object.entries(exports).map(([subpath, source]) => [subpath, targets(source)] as const);
  return {
    // On npm it needs no scope.
    name: name.replace(/^@[^/]+\//, ""),
    version,
    description:
      "Mail filters (milters) for Postfix and Sendmail, and their tests, in TypeScript or JavaScript",
    keywords: ["milter", "mail", "filter", "smtp", "postfix", "sendmail"],
    license,
    type: "module",
    // For tools that do not know "exports".
    main: targets(exports["."]).default,
    types: targets(exports["."]).types,
    exports: { ...Object.fromEntries(subpaths), "./package.json": "./package.json" },
    sideEffects: false,
    files: ["**/*.js", "**/*.d.ts", "LICENSE", "README.md"],
    engines: { node: ">=20" },
  };
}

/** What stands for a source file in the package. Types come first: conditions are tried in order. */
function targets(source: string): { types: string; default: string } {
  const stem = source.replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
