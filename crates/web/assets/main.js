// Everything works without this; it makes it faster. Each module does one thing and finds its places by data attributes.
import "./clock.js";
import "./swap.js";
import "./live.js";
import "./keys.js";
import "./pick.js";
import "./palette.js";
import "./form.js";
import "./field.js";
import "./files.js";
import "./write.js";
import "./new.js";
import "./find.js";
import "./present.js";
import "./source.js";
import "./tabs.js";
