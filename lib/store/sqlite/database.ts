/**
 * The SQLite of the current runtime: that of Bun, or that of Deno and Node.
 *
 * @module
 */

import process from "node:process";

/** A value of a column. */
export type SqlValue = string | number | null | Uint8Array;

/** A prepared statement. */
export interface Statement {
  /** Returns the first row, or nothing. */
  get(...values: SqlValue[]): Record<string, SqlValue> | null | undefined;
  /** Returns all rows. */
  all(...values: SqlValue[]): Record<string, SqlValue>[];
  /** Runs it. */
  run(...values: SqlValue[]): unknown;
}

/** An open database. */
export interface Database {
  /** Runs statements without values. */
  exec(sql: string): void;
  /** Prepares a statement, for as long as the database is open. */
  prepare(sql: string): Statement;
  /** Closes it. */
  close(): void;
}

/** The module with SQLite, and the name of its class, of each runtime. */
const MODULES = {
  bun: { module: "bun:sqlite", type: "Database" },
  others: { module: "node:sqlite", type: "DatabaseSync" },
} as const;

/** The module of this runtime. */
export const SQLITE: { readonly module: string; readonly type: string } = "Bun" in globalThis
  ? MODULES.bun
  : MODULES.others;

/** This runtime has no SQLite. */
export class NoSqliteError extends Error {
  override readonly name = "NoSqliteError";
  /** Always `no-sqlite`. */
  readonly code = "no-sqlite";
  /** The version of the runtime. */
  readonly value: string;

  /** @param version the version of the runtime */
  constructor(version: string) {
    super(`Node ${version} has no SQLite to keep state in a file: use Node 22.5 or later, Deno or Bun`);
    this.value = version;
  }
}

/**
 * Opens a database.
 *
 * @param path its file, or `:memory:`
 * @throws {NoSqliteError} if this runtime has no SQLite
 * @throws {Error} of SQLite if it cannot be opened
 */
export function openDatabase(path: string): Database {
  // Not an import: each runtime refuses the name of the other's module even in unreachable code.
  const found = modules().getBuiltinModule?.(SQLITE.module);
  if (!found) throw new NoSqliteError(process.versions.node);
  return new TidyDatabase(new (found[SQLITE.type]!)(path));
}

/** Finalizes statements on close: Bun keeps a database, and its log, open until its last statement is gone. */
class TidyDatabase implements Database {
  readonly #inner: Database;
  readonly #statements: (Statement & { finalize?(): void })[] = [];

  constructor(inner: Database) {
    this.#inner = inner;
  }

  exec(sql: string): void {
    this.#inner.exec(sql);
  }

  prepare(sql: string): Statement {
    const statement = this.#inner.prepare(sql);
    this.#statements.push(statement);
    return statement;
  }

  close(): void {
    for (const statement of this.#statements) statement.finalize?.();
    this.#inner.close();
  }
}

interface Modules {
  getBuiltinModule?(name: string): Record<string, new (path: string) => Database> | undefined;
}

function modules(): Modules {
  return process as unknown as Modules;
}
