/** Follows docs/how-to/optimizer.md in a scratch copy. */

import { missingTools } from "../../scripts/native/tools.js";
import { withoutTorch } from "../bench/torch.js";
import { testPage } from "./page-test.js";

testPage("optimizer", withoutTorch ? "PyTorch" : missingTools().join(" and "));
