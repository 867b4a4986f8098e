/** The scripted filter, compiled to an executable with Bun. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { bunPath } from "../../../scripts/bun_path.ts";
import { newFolder } from "../instance.ts";
import { runOrThrow } from "../process.ts";

/** A program that is compiled when it is first wanted. */
export class CompiledFilter {
  readonly #program: string;
  #made: Promise<{ folder: string; path: string }> | undefined;

  constructor(program: string) {
    this.#program = program;
  }

  /** The path of the executable. */
  async path(): Promise<string> {
    this.#made ??= this.#make();
    return (await this.#made).path;
  }

  /** Removes the executable if there is one. */
  async remove(): Promise<void> {
    const made = await this.#made?.catch(() => undefined);
    this.#made = undefined;
    if (made) rmSync(made.folder, { recursive: true });
  }

  async #make(): Promise<{ folder: string; path: string }> {
    const folder = newFolder("milterkit-compiled-");
    const path = join(folder, "scripted_filter");
    try {
      // Bun writes the executable into the folder where it runs, before it renames it.
      await runOrThrow([bunPath(), "build", "--compile", `--outfile=${path}`, this.#program], {
        cwd: folder,
      });
      return { folder, path };
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }
}
