/* run.js - all checks of mien's pages: node --test-reporter=spec run.js
 * SPDX-License-Identifier: MIT */
import { runChecks } from "./harness.js";
import "./check_harness.js";
import "./check_layout.js";
import "./check_choice.js";
import "./check_build.js";
import "./check_state.js";
import "./check_keyboard.js";
import "./check_numbers.js";
import "./check_hostile.js";
import "./check_live.js";

runChecks();
