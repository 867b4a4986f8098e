/**
 * The files that ship with the executable on every target.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { completionScript } from "../../cli/commands/completion/shells.ts";
import { configPage } from "./manual/config_page.ts";
import { programPage } from "./manual/program_page.ts";
import { type ReleaseFile, textFile } from "./release_file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Manual pages, as `man1/milterkit.1`. */
export function manualFiles(version: string, date: Date): ReleaseFile[] {
  return [
    textFile("man1/milterkit.1", programPage(version, date)),
    textFile("man5/milterkit.toml.5", configPage(version, date)),
  ];
}

/** Shell completion scripts, each under the name that its shell looks for. */
export function completionFiles(): { bash: ReleaseFile; zsh: ReleaseFile; fish: ReleaseFile } {
  return {
    bash: textFile("milterkit", completionScript("bash")),
    zsh: textFile("_milterkit", completionScript("zsh")),
    fish: textFile("milterkit.fish", completionScript("fish")),
  };
}

/** systemd units. */
export function unitFiles(): ReleaseFile[] {
  return filesOf("packaging/systemd", /\.(service|socket)$/);
}

/** README, the pages it links to with their pictures, and what those link to. */
export function documentFiles(): ReleaseFile[] {
  const folders = [
    "docs",
    "docs/examples",
    "docs/images",
    ...["grafana", "haproxy", "kubernetes", "prometheus"].map(packaging),
  ];
  return [
    ...["README.md", "SECURITY.md"].map((path) => ({ path, bytes: readFileSync(join(root, path)) })),
    ...folders.flatMap((folder) =>
      filesOf(folder, /\.\w+$/).map(({ path, bytes }) => ({ path: `${folder}/${path}`, bytes }))
    ),
  ];
}

const packaging = (folder: string) => `packaging/${folder}`;

/** The configuration to start with: the reference is among the documents. */
export function configurationFile(path: string): ReleaseFile {
  return { path, bytes: readFileSync(join(root, "packaging/milterkit.toml")) };
}

/** The licence and the configuration. */
export function otherFiles(): ReleaseFile[] {
  return [
    { path: "LICENSE", bytes: readFileSync(join(root, "LICENSE")) },
    configurationFile("milterkit.toml"),
  ];
}

function filesOf(folder: string, names: RegExp): ReleaseFile[] {
  return readdirSync(join(root, folder)).filter((name) => names.test(name)).map((name) => ({
    path: name,
    bytes: readFileSync(join(root, folder, name)),
  }));
}
