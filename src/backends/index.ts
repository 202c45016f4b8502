import "./cpu/index.js";
import "./native/index.js";
