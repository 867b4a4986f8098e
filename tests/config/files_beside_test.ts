// Files that a configuration file names are looked for beside it.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { readConfiguration } from "../../cli/config/configuration.ts";
import { disposeFilters } from "../../cli/config/filter_arguments.ts";
import { pemOf } from "../dkim_sign/key_files.ts";

const FILTERS: readonly (readonly [what: string, lines: string])[] = [
  ["a file", 'name = "footer"\ntext-file = "footer.txt"'],
  ["a folder", 'name = "dkim-sign"\nkeys = "keys"'],
  ["a file in a text with other parts", 'name = "dkim-sign"\nkey = "example.org:a:keys/example.org/a.pem"'],
];

for (const [what, lines] of FILTERS) {
  it(`is found beside the configuration: ${what}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-beside-"));
    try {
      mkdirSync(join(folder, "keys/example.org"), { recursive: true });
      writeFileSync(join(folder, "keys/example.org/a.pem"), pemOf("ed25519"), { mode: 0o600 });
      writeFileSync(join(folder, "footer.txt"), "Example Ltd, registered in Leeds\n");
      const path = join(folder, "milterkit.toml");
      writeFileSync(path, `listen = "inet:8891@localhost"\n[[filter]]\n${lines}\n`);
      const { listeners } = await readConfiguration(path);
      const filters = listeners.flatMap((listener) => listener.filters);
      assert.equal(filters.length, 1);
      await disposeFilters(filters);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
