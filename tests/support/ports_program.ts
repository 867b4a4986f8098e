/** Prints so many free ports, which it asks for one after the other. */
import process from "node:process";
import { freePort } from "./ports.ts";

const ports: number[] = [];
while (ports.length < Number(process.argv[2])) ports.push(await freePort());
console.log(ports.join(" "));
