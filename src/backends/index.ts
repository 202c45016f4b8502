import "./cpu/index.js";
import "./cuda/index.js";
