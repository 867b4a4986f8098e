/**
 * What releases are made for.
 *
 * @module
 */

/** A kind of machine. */
export interface Target {
  /** What its files are named after. */
  readonly name: string;
  /** What Bun's compiler calls it. */
  readonly bunTarget: string;
  /** The npm package with Bun for it. */
  readonly runtime: string;
  /** How its executables begin. */
  readonly format: "elf" | "mach-o" | "pe";
  /** The number that stands for its processor in such a file. */
  readonly machine: number;
  /** The beginning of the path of the dynamic loader that it has. */
  readonly loader?: string;
  /** What Debian calls the architecture, where there is a package for it. */
  readonly debian?: "amd64" | "arm64";
}

const GLIBC_X64 = "/lib64/ld-linux-x86-64.so.2";
const GLIBC_ARM64 = "/lib/ld-linux-aarch64.so.1";

/** All of them. */
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
