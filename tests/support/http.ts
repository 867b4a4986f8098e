/** HTTP requests, each on its own connection. */
import { get, request } from "node:http";

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Asks for something. */
export function fetchText(url: string, method = "GET"): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const ask = method === "GET" ? get : request;
    const asked = ask(url, { method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => text += part);
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.setTimeout(20_000, () => asked.destroy(new Error(`${url}: no answer in 20 s`)));
    asked.end();
  });
}
