/**
 * Generates the DEBIAN folder of a package: its control file and maintainer scripts.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Release } from "../archive.ts";
import { type ReleaseFile, sorted, textFile } from "../release_file.ts";
import { debianSource } from "./installed_files.ts";

/** Returns the files of the package's DEBIAN folder. */
export function controlFiles(
  architecture: string,
  { version, executable }: Release,
  installed: readonly ReleaseFile[],
): ReleaseFile[] {
  const values: Record<string, string> = {
    VERSION: version,
    ARCHITECTURE: architecture,
    // In KiB, each file rounded up.
    SIZE: String(installed.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 1024), 0)),
    GLIBC: glibcVersion(executable),
  };
  const control = debianSource("control").replace(/@([A-Z]+)@/g, (place, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`packaging/debian/control: unknown placeholder ${place}`);
    return value;
  });
  const scripts = ["postinst", "prerm", "postrm"].map((name) => ({
    ...textFile(name, debianSource(name)),
    executable: true,
  }));
  return [
    textFile("control", control),
    textFile("md5sums", sums(installed)),
    ...scripts,
  ];
}

/** Returns the minimum version of the C library that the executable needs. */
function glibcVersion(executable: Uint8Array): string {
  const text = Buffer.from(executable.buffer, executable.byteOffset, executable.length).toString("latin1");
  const minors = [...text.matchAll(/\0GLIBC_2\.(\d+)(?=\0|\.\d+\0)/g)].map(([, minor]) => Number(minor));
  if (minors.length === 0) {
    throw new Error("the executable does not state which version of the C library it needs");
  }
  return `2.${Math.max(...minors)}`;
}

function sums(files: readonly ReleaseFile[]): string {
  return sorted(files).map(({ path, bytes }) => `${createHash("md5").update(bytes).digest("hex")}  ${path}\n`)
    .join(
      "",
    );
}
