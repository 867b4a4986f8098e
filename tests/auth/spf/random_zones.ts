// Random worlds of SPF as zones of a real name server: each has a top-level domain and networks of its own, so that one
// server holds many of them.
import type { Random } from "../../support/random.ts";
import { type RandomCase, randomCase } from "./random_world.ts";
import type { Zone } from "./support.ts";

/** How many have networks of their own. */
export const MOST_WORLDS = 128 * 256;

/**
 * A world whose names and addresses no other number has. Every outage is a SERVFAIL for a whole name and what is below it,
 * since that is what a name server does whose zone is broken.
 */
export function numberedCase(random: Random, number: number): RandomCase {
  const { zone, query } = randomCase(random);
  const renamed = (text: string) => renameAll(text, number);
  const names = Object.entries(zone).map(([name, types]) => {
    const failing = Object.values(types).some((records) => typeof records === "string");
    return [renamed(name), failing ? { "*": "SERVFAIL" } : renamedTypes(types, renamed)] as const;
  });
  const broken = names.filter(([, types]) => "*" in types).map(([name]) => name);
  const failing = names.map(([name, types]) =>
    [name, broken.some((above) => name.endsWith(`.${above}`)) ? { "*": "SERVFAIL" } : types] as const
  );
  return {
    zone: Object.fromEntries(failing) as Zone,
    query: {
      client: renamed(query.client),
      helo: renamed(query.helo),
      mailFrom: renamed(query.mailFrom),
    },
  };
}

function renameAll(text: string, number: number): string {
  const [high, low] = [number >> 8, number & 255];
  return text.replace(/example\.org/g, `example.c${number}`)
    .replace(/example(?!\.c\d)/g, `c${number}`)
    .replace(/\b2\.0\.192\.in-addr/g, `${low}.${high}.10.in-addr`)
    .replace(/\b192\.0\.2\b/g, `10.${high}.${low}`)
    .replace(/\b203\.0\.113\b/g, `10.${128 + high}.${low}`);
}

function renamedTypes(types: Zone[string], renamed: (text: string) => string): Zone[string] {
  const entries = Object.entries(types).map(([type, records]) => {
    if (typeof records === "string") return [type, records];
    return [
      type,
      records.map((record) => {
        if (typeof record === "string") return renamed(record);
        if (type !== "TXT") return record.map((part) => renamed(String(part)));
        // A name may be cut in two.
        const text = renamed(record.join(""));
        const cut = record.length > 1 ? String(record[0]).length : text.length;
        return cut < text.length ? [text.slice(0, cut), text.slice(cut)] : [text];
      }),
    ];
  });
  return Object.fromEntries(entries);
}

/** The zones of a name server for these worlds: the root, and one without a file for each broken name. */
export function zonesOf(cases: readonly RandomCase[]): Record<string, string> {
  const zones: Record<string, string> = {};
  let root = "$ORIGIN .\n$TTL 60\n. IN SOA ns. admin. 1 3600 600 86400 60\n. IN NS ns.\nns. IN A 127.0.0.1\n";
  for (const { zone } of cases) {
    for (const [name, types] of Object.entries(zone)) {
      if (types["*"] !== undefined) zones[name] = "";
      else root += linesOf(name, types);
    }
  }
  return { ".": root, ...zones };
}

function linesOf(name: string, types: Zone[string]): string {
  return Object.entries(types).flatMap(([type, records]) =>
    [records].flat().map((record) => {
      const parts = [record].flat().map(String);
      if (type === "TXT") return `${name}. IN TXT ${parts.map(quoted).join(" ")}\n`;
      const value = parts.join(" ");
      return `${name}. IN ${type} ${value}${type === "MX" || type === "PTR" ? "." : ""}\n`;
    })
  ).join("");
}

function quoted(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9 ]/g, (char) => {
    return `\\${char.charCodeAt(0).toString().padStart(3, "0")}`;
  });
  return `"${escaped}"`;
}
