/**
 * Reads processor time and memory of processes from Linux's /proc, including all threads and children.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

/** Ticks per second throughout /proc, independent of the kernel's own clock. */
const TICKS = 100;

/** Seconds of processor time of a process and its descendants, and of those that have ended. */
export function cpuSeconds(pid: number): number {
  const ticks = family(pid).map((member) => {
    // utime, stime, cutime, cstime
    return sum(statFields(member).slice(11, 15));
  });
  return sum(ticks) / TICKS;
}

/** Returns how many seconds a core was busy, with any process. */
export function busySeconds(cpu: number): number {
  const line = new RegExp(`^cpu${cpu} (.*)`, "m").exec(readFileSync("/proc/stat", "latin1"));
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line?.[1] ?? "").split(" ")
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

/**
 * Memory of a process and its descendants, in bytes.
 *
 * @param what `Rss` is what is resident, the program's file too; `Pss_Anon` what is private
 */
export function memoryBytes(pid: number, what: "Rss" | "Pss_Anon"): number {
  const pattern = new RegExp(`^${what}: *(\\d+)`, "m");
  return sum(
    family(pid).map((member) => 1024 * Number(pattern.exec(read(member, "smaps_rollup"))?.[1] ?? 0)),
  );
}

/** Returns the cores that this process may run on. */
export function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "";
  return list.split(",").filter((range) => range !== "").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** A process and its descendants. */
function family(pid: number): number[] {
  const parents = new Map<number, number | undefined>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), statFields(Number(name))[1]);
  }
  const members = [pid];
  // Grows during iteration, so that children of found processes are found, too.
  for (const member of members) {
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  }
  return members;
}

/** The fields of a process's `stat` from its state on, which is field 0; none where it is gone. */
function statFields(pid: number): number[] {
  const stat = read(pid, "stat");
  // The process name before them may contain anything, including blanks and brackets.
  return stat ? stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number) : [];
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // gone meanwhile
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
