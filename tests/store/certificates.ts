// An authority of a test's own, and certificates of it, made by openssl.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCommand, runOrThrow } from "../support/process.ts";

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  /** Certificate and key for 127.0.0.1 and localhost. */
  readonly cert: string;
  readonly key: string;
  /** The same for another name. */
  readonly otherCert: string;
  /** The same whose time is over. */
  readonly oldCert: string;
  remove(): void;
}

/** Why there are none here, or undefined. */
export function opensslProblem(): string | undefined {
  return findCommand("openssl") ? undefined : "needs openssl (Debian: openssl)";
}

/** Makes them. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-certificates-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => runOrThrow(["openssl", ...args], { cwd: folder });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=Test CA",
    "-days",
    "2",
  );
  await openssl("req", "-new", ...newKey, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=valkey");
  const sign = async (out: string, names: string, ...more: string[]) => {
    writeFileSync(file("names"), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
    const ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    await openssl("x509", "-req", "-in", "request.pem", ...ca, "-extfile", "names", "-out", out, ...more);
    return file(out);
  };
  return {
    ca: file("ca.pem"),
    cert: await sign("cert.pem", "DNS:localhost,IP:127.0.0.1", "-days", "2"),
    key: file("key.pem"),
    otherCert: await sign("other.pem", "DNS:other.example", "-days", "2"),
    // openssl 3.0 has no other way than a negative number of days.
    oldCert: await sign("old.pem", "DNS:localhost,IP:127.0.0.1", "-days", "-1"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
