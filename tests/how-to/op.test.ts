/** Follows docs/how-to/op.md in a scratch copy. */

import { missingTools } from "../../scripts/native/tools.js";
import { withoutTorch } from "../bench/torch.js";
import { testPage } from "./page-test.js";

testPage("op", withoutTorch ? "PyTorch" : missingTools().join(" and "));
