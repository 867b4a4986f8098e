// A chain of filters behind Postfix does what the same filters do as separate milters.
import { testChains } from "../../support/exactness/chain_tests.ts";

await testChains("postfix");
