/**
 * The arguments for Bun's compiler, shared by releases and benchmarks so that both measure what is shipped.
 *
 * @module
 */

/** Optional settings of the compiler. */
export interface CompileOptions {
  /** The target, such as `bun-linux-arm64`; undefined: this machine. */
  readonly target?: string | undefined;
  /** The path of the target's Bun; if undefined, the compiler downloads it for another target. */
  readonly runtime?: string | undefined;
  /** Further files to embed, available to the program as `Bun.embeddedFiles`. */
  readonly embedded?: readonly string[];
}

/**
 * Returns the arguments for Bun to compile a program.
 *
 * @param entry the program's first file
 * @param outfile where the executable goes
 */
export function bunCompileArguments(
  entry: string,
  outfile: string,
  { target, runtime, embedded = [] }: CompileOptions = {},
): string[] {
  return [
    "build",
    "--compile",
    // A daemon must not read configuration files from its working directory.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // Packages next to a user's own filter are found by their package.json.
    "--compile-autoload-package-json",
    // Modules that a command does not need are not even parsed: that would double the start-up time.
    "--splitting",
    // What a command needs is not parsed either: "serve" listens in less than half the time and with a fifth less private
    // memory, for a file 8 % larger. This needs Bun 1.4: before, bytecode made for another platform crashed there.
    // All functions are compiled, since startup takes longer with --bytecode-depth.
    "--bytecode",
    // Bytecode makes "cjs" the default, which cannot be split.
    "--format=esm",
    // No minification: it takes less than 1 % off the file, and the lines out of stack traces.
    ...(target ? [`--target=${target}`] : []),
    ...(runtime ? [`--compile-executable-path=${runtime}`] : []),
    `--outfile=${outfile}`,
    entry,
    ...embedded,
  ];
}
