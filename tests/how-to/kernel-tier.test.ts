/** Follows docs/how-to/kernel-tier.md in a scratch copy. */
import { missingTools } from "../../scripts/native/tools.js";
import { testPage } from "./page-test.js";

testPage("kernel-tier", missingTools().join(" and "));
