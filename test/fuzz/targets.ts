// All targets.

import { ADDRESSES } from "./addresses.ts";
import { FIELDS } from "./fields.ts";
import { MESSAGES_TARGETS } from "./messages.ts";
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [...ADDRESSES, ...FIELDS, ...MESSAGES_TARGETS];
