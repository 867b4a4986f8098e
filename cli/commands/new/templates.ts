/**
 * The files of a new filter.
 *
 * @module
 */

/** What the files are made for. */
export interface NewFilter {
  /** The filter's name. */
  readonly name: string;
  /** Milterkit's version. */
  readonly version: string;
}

/** Makes the text of every file, by name. */
export function newFiles(filter: NewFilter): Record<string, string> {
  return {
    [`${filter.name}.ts`]: filterSource(filter),
    [`${filter.name}_test.ts`]: testSource(filter),
    "README.md": readme(filter),
    "package.json": packageJson(filter),
    "tsconfig.json": TSCONFIG,
    ".gitignore": "node_modules/\n",
  };
}

function filterSource({ name }: NewFilter): string {
  return `import { defineFilter, type FilterDefinition, reject } from "milterkit";

/** What \`--filter ./${name}.ts\` loads: the filter's options, and a function that makes the filter from them. */
const definition: FilterDefinition = {
  name: "${name}",
  summary: "Rejects mail with a word in its subject, and marks all other mail",
  options: [
    { name: "word", kind: "string", default: "lottery", description: "The word that no subject may contain" },
  ],
  create(options) {
    const word = options.get("string", "word")!;

    return defineFilter({
      name: "${name}",
      // What it may change, and where it may reject. The MTA waits for answers only where these require it.
      changes: ["addHeader"],
      verdicts: ["header"],
      // Called for each header field. Returning nothing lets the message go on.
      header({ name, value }) {
        if (name.toLowerCase() === "subject" && value.toLowerCase().includes(word.toLowerCase())) {
          return reject(550, "5.7.1", \`No mail about \${word} here\`);
        }
      },
      // Called at the end of the message, the only place where it can be changed.
      eom(message, { client }) {
        message.addHeader("X-Checked", \`${name}; client=\${client?.address ?? "unknown"}\`);
      },
    });
  },
};
export default definition;
`;
}

function testSource({ name }: NewFilter): string {
  return `import { test } from "node:test";
import { OptionValues } from "milterkit";
import { deliver } from "milterkit/testing";
import definition from "./${name}.ts";

/** Makes the filter as the command line does. */
const filterWith = (...given: [option: string, value: string][]) =>
  definition.create(new OptionValues(definition.options, given));

test("rejects a subject with the word", async () => {
  const delivered = await deliver(filterWith(), { header: { Subject: "You won the LOTTERY" } });
  delivered.assertRejected(550, /No mail about lottery/);
});

test("marks and accepts anything else", async () => {
  const client = { address: "192.0.2.7" };
  const delivered = await deliver(filterWith(), { client, header: { Subject: "The minutes" } });
  delivered.assertAccepted().assertHeader("X-Checked", "${name}; client=192.0.2.7");
});

test("--word chooses the word", async () => {
  const filter = filterWith(["word", "casino"]);
  (await deliver(filter, { header: { Subject: "A casino" } })).assertRejected(550, /casino/);
  (await deliver(filter, { header: { Subject: "A lottery" } })).assertAccepted();
});
`;
}

function readme({ name, version }: NewFilter): string {
  return `# ${name}

A mail filter for Postfix and Sendmail, made with Milterkit ${version}.

Test it:

    milterkit test

Serve it, and connect Postfix to it:

    milterkit serve --listen inet:8891@localhost --filter ./${name}.ts --word lottery
    postconf -e smtpd_milters=inet:localhost:8891 && postfix reload

See its options:

    milterkit serve --filter ./${name}.ts --help

## Files

- \`${name}.ts\`: the filter. \`${name}_test.ts\`: its test.
- \`node_modules\`: the library and its types, for tests and editors, written by \`milterkit new\`. \`milterkit serve\`
  does not need it. If the folder is missing (it is in \`.gitignore\`), \`milterkit test\` restores it. To add packages
  of your own, use \`npm install\`: \`package.json\` asks for \`milterkit\` ^${version}, and npm keeps the copy that is
  there as long as it matches.
- \`tsconfig.json\`: settings for editors.

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
