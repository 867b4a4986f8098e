/** Says that it is up; once its input ends, prints so many free ports, which it asks for one after the other. */
import process from "node:process";
import { freePort } from "./ports.ts";

console.log("up");
process.stdin.resume().on("end", async () => {
  const ports: number[] = [];
  while (ports.length < Number(process.argv[2])) ports.push(await freePort());
  console.log(ports.join(" "));
});
