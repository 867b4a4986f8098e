// The scripts in the shells themselves: they are evaluated there, and asked as the shell asks when Tab is pressed.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { skipFor } from "../support/instance.ts";
import { milterkitBinary } from "../support/milterkit.ts";
import { findCommand, runOrThrow, SYSTEM_PATH } from "../support/process.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

let folder: string;
const scripts = {} as Record<Shell, string>;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "milterkit-completion-"));
  for (const shell of SHELLS) {
    scripts[shell] = join(folder, `completion.${shell}`);
    writeFileSync(scripts[shell], await runOrThrow([milterkitBinary(), "completion", shell]));
  }
  mkdirSync(join(folder, "files/sub"), { recursive: true });
  for (const name of ["mine.ts", "mail.eml", "white space.eml"]) {
    writeFileSync(join(folder, "files", name), "");
  }
});
after(() => rmSync(folder, { recursive: true }));

/** What runs a shell with the executable in its path, in the folder with the files. */
function inShell(shell: Shell, ...args: string[]): Promise<string> {
  return runOrThrow([findCommand(shell)!, ...args], {
    cwd: join(folder, "files"),
    env: { PATH: `${dirname(milterkitBinary())}:${SYSTEM_PATH}`, HOME: folder, LC_ALL: "C.UTF-8" },
  });
}

const missing = (shell: Shell) =>
  skipFor(findCommand(shell) ? undefined : `needs ${shell} (Debian's package ${shell})`);

for (const shell of SHELLS) {
  test(`${shell} reads its script`, { skip: missing(shell) }, async () => {
    assert.equal(await inShell(shell, "-n", scripts[shell]), "");
  });
}

/** What bash's function makes of a line, the cursor behind its last word. */
async function bash(...words: string[]): Promise<string[]> {
  const ask = `source "$1"; shift
COMP_WORDS=(milterkit "$@") COMP_CWORD=$# COMP_LINE="milterkit $*"
COMP_POINT=\${#COMP_LINE}
$(complete -p milterkit | sed 's/.*-F \\([^ ]*\\) .*/\\1/') milterkit "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = await inShell("bash", "--norc", "-c", ask, "bash", scripts.bash, ...words);
  return output.split("\n").filter((line) => line !== "");
}

test("bash completes commands, options, filters, values and files", { skip: missing("bash") }, async () => {
  assert.deepEqual(await bash("re"), ["replay"]);
  assert.deepEqual(await bash("serve", "--socket-"), ["--socket-mode", "--socket-group"]);
  assert.deepEqual(await bash("serve", "--filter", "size"), ["size-limit"]);
  assert.deepEqual(await bash("serve", "--filter", "size-limit", "--on-error", "t"), ["tempfail"]);
  assert.deepEqual(await bash("serve", "--filter", "./m"), ["./mine.ts"]);
  assert.deepEqual(await bash("check", "mai"), ["mail.eml"]);
  assert.deepEqual(await bash("check", "whi"), ["white space.eml"]);
  assert.deepEqual(await bash("serve", "--spool-folder", "s"), ["sub/"]);
  assert.deepEqual(await bash("nonesuch", ""), []);
});

test("fish completes commands, options, filters and values", { skip: missing("fish") }, async () => {
  const fish = async (line: string) =>
    (await inShell("fish", "--no-config", "-c", `source ${scripts.fish}; complete -C '${line}'`)).split("\n")
      .map((line) => line.replace(/\t.*/, "")).filter((line) => line !== "");
  assert.deepEqual(await fish("milterkit re"), ["replay"]);
  assert.deepEqual((await fish("milterkit serve --socket-")).sort(), ["--socket-group", "--socket-mode"]);
  assert.deepEqual(await fish("milterkit serve --filter size"), ["size-limit"]);
  assert.deepEqual(await fish("milterkit serve --filter size-limit --on-error t"), ["tempfail"]);
  assert.deepEqual(await fish("milterkit check mai"), ["mail.eml"]);
});

test("zsh completes commands, options, filters, values and files", { skip: missing("zsh") }, async () => {
  // Completion needs a terminal: zsh can have one of its own for that. It is read until the word is there.
  const zsh = (line: string, word: string) =>
    inShell(
      "zsh",
      "--no-rcs",
      "-c",
      `zmodload zsh/zpty
zpty shell zsh --no-rcs -i
zpty -w shell "PS1=; autoload -U compinit; compinit -u -D; source ${scripts.zsh}; print ready-\\$((1+1))"
zpty -r -m shell output '*ready-2*'
zpty -w -n shell $'${line}\\t'
zpty -r -m shell output '*${word}*'`,
    );
  await zsh("milterkit repl", "milterkit replay");
  await zsh("milterkit serve --log-f", "--log-format");
  await zsh("milterkit serve --filter siz", "--filter size-limit");
  await zsh("milterkit serve --filter size-limit --on-error temp", "--on-error tempfail");
  await zsh("milterkit check mai", "check mail.eml");
});
