/* eslint.config.js - what JavaScript of mien may not do.
 * SPDX-License-Identifier: MIT */
import js from "@eslint/js";
import globals from "globals";

const rules = {
    eqeqeq: "error",
    "no-eval": "error",
    "no-implied-eval": "error",
    "no-shadow": "error",
    "no-undef": "error",
    "no-unused-vars": ["error", { ignoreRestSiblings: true }],
    "no-var": "error",
    "prefer-const": "error",
    // names of files are data: no text may become markup
    "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "write"].map((property) => ({
            property,
            message: "Text is text, never markup: use el() of dom.js.",
        })),
    ],
};

export default [
    js.configs.recommended,
    { linterOptions: { reportUnusedDisableDirectives: "error" } },
    { files: ["assets/**/*.js"], languageOptions: { globals: globals.browser }, rules },
    {
        files: ["tests/**/*.js"],
        languageOptions: { globals: { ...globals.node, ...globals.browser } },
        rules,
    },
];
