/**
 * A chain of filters leaves a message as the model of an MTA does with the same filters one after the other. The nightly
 * run plays a hundred thousand cases more (MILTERKIT_MODEL_CASES).
 */
import { test } from "node:test";
import { runChain } from "./chain_run.ts";
import { seedsOf } from "./seeds.ts";
import { trySeeds } from "./try_seeds.ts";

const seeds = seedsOf(6000);

test(`a chain does what the model of an MTA does, seeds ${seeds.first} to ${seeds.last}`, () =>
  trySeeds(seeds, runChain));
