/**
 * A local package registry with a single package, to test installing it as users do.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { NpmPackage } from "./pack.ts";

/** A running registry. */
export interface Registry {
  /** Its address. */
  readonly url: string;
  close(): void;
}

/** Starts a registry that has only this package and answers 404 for any other. */
export async function startRegistry(npm: NpmPackage): Promise<Registry> {
  const archive = readFileSync(npm.archive);
  const manifest = JSON.parse(new TextDecoder().decode(npm.files.get("package.json")));
  const server = createServer((request, response) => {
    if (request.url === "/milterkit") {
      const dist = {
        tarball: `${url}milterkit/-/${npm.version}.tgz`,
        shasum: createHash("sha1").update(archive).digest("hex"),
        integrity: `sha512-${createHash("sha512").update(archive).digest("base64")}`,
      };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({
        name: manifest.name,
        "dist-tags": { latest: npm.version },
        versions: { [npm.version]: { ...manifest, dist } },
      }));
    } else if (request.url === `/milterkit/-/${npm.version}.tgz`) {
      response.end(archive);
    } else {
      response.writeHead(404, { "content-type": "application/json" }).end("{}");
    }
  });
  const url = `http://127.0.0.1:${await listen(server)}/`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}
