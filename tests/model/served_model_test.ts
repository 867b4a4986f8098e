/** The same through a server, a socket and packets that come in pieces. */
import { test } from "node:test";
import { seedsOf } from "./seeds.ts";
import { runServed } from "./served_run.ts";
import { trySeeds } from "./try_seeds.ts";

const seeds = seedsOf(500);

test(`a served chain does what the model of an MTA does, seeds ${seeds.first} to ${seeds.last}`, () =>
  trySeeds(seeds, runServed));
