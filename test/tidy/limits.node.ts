// Writes the page of all limits (`npm run limits`).

import { writeFileSync } from "node:fs";
import { LIMITS_PAGE, limitsOf, limitsPage } from "./limit-rules.ts";
import { ROOT, readTree } from "./source-tree.ts";

writeFileSync(ROOT + LIMITS_PAGE, limitsPage(limitsOf(readTree("limits.ts"))));
console.log(`${LIMITS_PAGE} is up to date.`);
