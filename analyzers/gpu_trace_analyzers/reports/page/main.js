// The page, once it is there: each part of it begins here.
import { flames } from "./flames.js";
import { places } from "./places.js";
import { printing } from "./printing.js";
import { search } from "./search.js";
import { tables } from "./tables.js";
import { theme } from "./theme.js";
import { timeline } from "./timeline.js";

theme();
printing();
tables();
places();
flames();
search();
timeline().then(() => { document.documentElement.dataset.ready = "true"; });
