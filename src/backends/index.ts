/** Registers all backends. The entry points of the package import it for this effect; nothing else does. */
import "./cpu/index.js";
import "./native/index.js";
