// Compiles snippets against the library's source, with TypeScript itself as the judge.
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ESNext,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: ["node"],
  skipLibCheck: true,
};

/**
 * Compiles each snippet as a module of its own, which has everything that `mod.ts` exports and that it asks for by name.
 *
 * @returns the errors of each snippet, by its name
 */
export function compile(snippets: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const texts = new Map(
    Object.entries(snippets).map(([name, text]) => [pathOf(name), `${importsFor(text)}\n${text}\n`]),
  );
  const host = ts.createCompilerHost(OPTIONS);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? getSourceFile.call(host, path, version, ...rest)
      : ts.createSourceFile(path, text, version);
  };
  host.getCurrentDirectory = () => ROOT;
  const program = ts.createProgram([...texts.keys()], OPTIONS, host);
  return new Map(
    Object.keys(snippets).map((name) => {
      const source = program.getSourceFile(pathOf(name));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))];
    }),
  );
}

function pathOf(name: string): string {
  return `${ROOT}tests/types/snippet_${name.replace(/\W+/g, "_")}.ts`;
}

/** What the snippets use, so that each reads as a user would write it. */
const EXPORTS = ["accept", "defineFilter", "discard", "make", "proceed", "reject", "skip", "tempfail"];

function importsFor(text: string): string {
  const used = EXPORTS.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return `import { ${used.join(", ")} } from "../../mod.ts";
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(_: Equal<A, B>): void {}
export { same };`;
}
