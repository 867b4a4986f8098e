/**
 * The files of a new filter.
 *
 * @module
 */

/** What the files are about. */
export interface NewFilter {
  /** The filter's name. */
  readonly name: string;
  /** Milterkit's version. */
  readonly version: string;
}

/** Every file that is written: its text by its name. */
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

/** What \`--filter ./${name}.ts\` finds: the filter's options, and how to make it of them. */
const definition: FilterDefinition = {
  name: "${name}",
  summary: "Refuses mail by a word in its subject, and marks what it lets through",
  options: [
    { name: "word", kind: "string", default: "lottery", description: "The word that no subject may have" },
  ],
  create(options) {
    const word = options.get("string", "word")!;

    return defineFilter({
      name: "${name}",
      // What it may change at the end, and where it may refuse: the less, the less the MTA waits for it.
      changes: ["addHeader"],
      verdicts: ["header"],
      // Called for each field of the header. Who returns nothing lets the message go on.
      header({ name, value }) {
        if (name.toLowerCase() === "subject" && value.toLowerCase().includes(word.toLowerCase())) {
          return reject(550, "5.7.1", \`No mail about \${word} here\`);
        }
      },
      // Called when the message is complete: only here can it be changed.
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

/** The filter, as the command line would make it. */
const filterWith = (...given: [option: string, value: string][]) =>
  definition.create(new OptionValues(definition.options, given));

test("a subject with the word is refused", async () => {
  const delivered = await deliver(filterWith(), { header: { Subject: "You won the LOTTERY" } });
  delivered.assertRejected(550, /No mail about lottery/);
});

test("anything else passes, with a mark", async () => {
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

Serve it, and tell Postfix of it:

    milterkit serve --listen inet:8891@localhost --filter ./${name}.ts --word lottery
    postconf -e smtpd_milters=inet:localhost:8891 && postfix reload

See its options:

    milterkit serve --filter ./${name}.ts --help

## What is here

- \`${name}.ts\`: the filter. \`${name}_test.ts\`: its test.
- \`node_modules\`: the library and its types, for tests and editors, as the executable brought them. \`milterkit serve\`
  does without. If the folder is gone (it is in \`.gitignore\`), \`milterkit test\` puts it back. \`npm install\` takes over
  when you add packages of your own: \`package.json\` asks for \`milterkit\` ^${version}, and what is there already is kept
  while it fits.
- \`tsconfig.json\`: what editors need to know.

The test is one for every runtime: \`npm test\` runs it on Node, 22.18 or later; \`bun test\` and \`deno test -A\` do, too.
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
    // Milterkit, Node, Bun and Deno run TypeScript as it is: nothing is emitted, only types are left out.
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
