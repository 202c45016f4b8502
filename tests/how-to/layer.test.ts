/** Follows docs/how-to/layer.md in a scratch copy. */
import { withoutTorch } from "../bench/torch.js";
import { testPage } from "./page-test.js";

testPage("layer", withoutTorch ? "PyTorch" : "");
