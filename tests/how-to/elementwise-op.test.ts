/** Follows docs/how-to/elementwise-op.md in a scratch copy. */

import { missingTools } from "../../scripts/native/tools.js";
import { withoutTorch } from "../bench/torch.js";
import { testPage } from "./page-test.js";

testPage("elementwise-op", withoutTorch ? "PyTorch" : missingTools().join(" and "));
