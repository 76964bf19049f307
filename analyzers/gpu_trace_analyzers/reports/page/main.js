// The page, once it is there: each part of it begins here.
import { places } from "./places.js";
import { timeline } from "./timeline.js";

places();
timeline().then(() => { document.documentElement.dataset.ready = "true"; });
