import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArgumentError, DType, memory, Scope, ShapeError, type Shape, type Tensor, zeros } from "../../src/index.js";
