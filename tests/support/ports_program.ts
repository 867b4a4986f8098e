/** Reports that it is running; when its input ends, requests free ports one after another and prints them. */
import process from "node:process";
import { freePort } from "./ports.ts";

console.log("up");
process.stdin.resume().on("end", async () => {
  const ports: number[] = [];
  while (ports.length < Number(process.argv[2])) ports.push(await freePort());
  console.log(ports.join(" "));
});
