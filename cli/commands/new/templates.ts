/**
 * The files of a new filter.
 *
 * @module
 */

import type { FilterTemplate } from "./filter_templates.ts";

/** What the files are made for. */
export interface NewFilter {
  /** The filter's name. */
  readonly name: string;
  /** Milterkit's version. */
  readonly version: string;
  /** What it starts from. */
  readonly template: FilterTemplate;
}

/** Makes the text of every file, by name. */
export function newFiles(filter: NewFilter): Record<string, string> {
  const { name, template } = filter;
  return {
    [`${name}.ts`]: template.source(name),
    [`${name}_test.ts`]: template.test(name),
    "README.md": readme(filter),
    "package.json": packageJson(filter),
    "tsconfig.json": TSCONFIG,
    "deno.json": DENO_JSON,
    ".gitignore": "node_modules/\n",
  };
}

function readme({ name, version, template }: NewFilter): string {
  return `# ${name}

A mail filter for Postfix and Sendmail, made with Milterkit ${version}.

Test it, and again whenever you save a file:

    milterkit test
    milterkit test --watch

Serve it, and connect Postfix to it:

    milterkit serve --listen inet:8825@localhost --filter ./${name}.ts${template.flags}
    postconf -e smtpd_milters=inet:localhost:8825 && postfix reload

See its options:

    milterkit serve --filter ./${name}.ts --help

## Files

- \`${name}.ts\`: the filter. \`${name}_test.ts\`: its test.
- \`node_modules\`: the library and its types, for tests and editors, written by \`milterkit new\`. \`milterkit serve\`
  does not need it. If the folder is missing (it is in \`.gitignore\`), \`milterkit test\` restores it. To add packages
  of your own, use \`npm install\`: \`package.json\` asks for \`milterkit\` ^${version}, and npm keeps the copy that is
  there as long as it matches.
- \`tsconfig.json\`: settings for editors.
- \`deno.json\`: has \`deno lint\` find verdicts that are made and not returned, such as \`reject(550)\` without
  \`return\`. ESLint can use the same rule: it is in \`milterkit/lint\`, see there.

The test runs on every runtime: \`npm test\` runs it on Node 22.18 or later; \`bun test\` and \`deno test -A\` work too.
`;
}

function packageJson({ name, version }: NewFilter): string {
  const contents = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: { test: `node --test ${name}_test.ts` },
    dependencies: { milterkit: `^${version}` },
    devDependencies: { "@types/node": "*" },
    engines: { node: ">=22.18" },
  };
  return JSON.stringify(contents, null, 2) + "\n";
}

const TSCONFIG = `{
  "compilerOptions": {
    // Milterkit, Node, Bun and Deno run TypeScript directly: they strip the types, and nothing is emitted.
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "target": "ES2023",
    "lib": ["ES2023"],
    "module": "ESNext",
    "moduleResolution": "bundler",
    "types": ["node"],
    "strict": true,
    "skipLibCheck": true
  }
}
`;

const DENO_JSON = `{
  "lint": { "plugins": ["npm:milterkit/lint"] }
}
`;
