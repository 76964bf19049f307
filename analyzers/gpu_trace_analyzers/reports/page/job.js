// The page of a job of many ranks, once it is there: each part of it begins here.
import { heat } from "./heat.js";
import { ofRanks } from "./ranks.js";
import { printing } from "./printing.js";
import { search } from "./search.js";
import { tables } from "./tables.js";
import { theme } from "./theme.js";

theme();
printing();
tables();
search();
ofRanks();
heat();
document.documentElement.dataset.ready = "true";
