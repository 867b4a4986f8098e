// All pages in all states, in a browser with dark colours.
import { testLook } from "./look.ts";

testLook("dark");
