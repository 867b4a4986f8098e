/**
 * The targets that releases are built for.
 *
 * @module
 */

/** A target: operating system, processor and C library. */
export interface Target {
  /** Its name, used in file names. */
  readonly name: string;
  /** Its name for Bun's compiler. */
  readonly bunTarget: string;
  /** The npm package of its Bun. */
  readonly runtime: string;
  /** The format of its executables. */
  readonly format: "elf" | "mach-o" | "pe";
  /** The number of its processor in that format. */
  readonly machine: number;
  /** The path of its dynamic loader, or the beginning of it. */
  readonly loader?: string;
  /** Debian's name for the architecture, if there is a package for it. */
  readonly debian?: "amd64" | "arm64";
}

const GLIBC_X64 = "/lib64/ld-linux-x86-64.so.2";
const GLIBC_ARM64 = "/lib/ld-linux-aarch64.so.1";

/** All targets. */
export const TARGETS: readonly Target[] = [
  { ...linux("x64", 62, GLIBC_X64), debian: "amd64" },
  { ...linux("arm64", 183, GLIBC_ARM64), debian: "arm64" },
  linux("x64-musl", 62, "/lib/ld-musl-x86_64.so.1"),
  linux("arm64-musl", 183, "/lib/ld-musl-aarch64.so.1"),
  { ...target("darwin-x64"), format: "mach-o", machine: 0x0100_0007 },
  { ...target("darwin-arm64"), format: "mach-o", machine: 0x0100_000c },
  { ...target("windows-x64"), format: "pe", machine: 0x8664 },
];

function linux(kind: string, machine: number, loader: string): Target {
  return { ...target(`linux-${kind}`), format: "elf", machine, loader };
}

function target(name: string): Pick<Target, "name" | "bunTarget" | "runtime"> {
  return { name, bunTarget: `bun-${name}`, runtime: `@oven/bun-${name.replace("arm64", "aarch64")}` };
}
