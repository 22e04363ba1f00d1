/* run.js - all checks of mien's pages: node --test-reporter=spec run.js
 * SPDX-License-Identifier: MIT */
import { runChecks } from "./harness.js";
import "./check_harness.js";
import "./check_layout.js";

runChecks();
