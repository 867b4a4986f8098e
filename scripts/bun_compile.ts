/**
 * How Bun's compiler is told to make an executable; what is measured is made as what is shipped.
 *
 * @module
 */

/** What can be said beside a program and its place. */
export interface CompileOptions {
  /** Such as `bun-linux-arm64`, where it is not for this machine. */
  readonly target?: string | undefined;
  /** The path of the target's own Bun; where there is none, the compiler fetches it for another target. */
  readonly runtime?: string | undefined;
  /** Other files, which the program finds among `Bun.embeddedFiles`. */
  readonly embedded?: readonly string[];
}

/**
 * The arguments that Bun needs to compile a program.
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
    // A daemon must not be configured by what lies in the folder that it is started in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // Packages beside a user's own filter are found by their package.json.
    "--compile-autoload-package-json",
    // What a command does not need is not even parsed: half of the time to start would go there.
    "--splitting",
    ...(target ? [`--target=${target}`] : []),
    ...(runtime ? [`--compile-executable-path=${runtime}`] : []),
    `--outfile=${outfile}`,
    entry,
    ...embedded,
  ];
}
