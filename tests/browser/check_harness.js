/* check_harness.js - the harness sees what it is there to see: a page without a fault, and one with all of them.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { barriersOf, checkOf, open, overlapsOf, sidewaysOf } from "./harness.js";
import { outcome } from "./pages.js";

/**
 * What is said of a page with this body.
 * @param {string} name
 * @param {string} body
 */
async function judge(name, body) {
    const file = join(outcome, `${name}.html`);
    writeFileSync(file, `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${name}</title></head>` +
        `<body><main><h1>${name}</h1><select id="palette" aria-label="Colours"><option>one</option></select><nav class="presenter" hidden></nav>${body}</main></body></html>`);
    const { page, complaints } = await open(file);
    await page.waitForTimeout(100);
    const found = {
        sideways: await sidewaysOf(page),
        overlaps: await overlapsOf(page),
        barriers: await barriersOf(page),
        complaints,
    };
    await page.context().close();
    return found;
}

checkOf("a page without a fault has none", async () => {
    const found = await judge("faultless", "<p>Nothing is wrong here.</p><button>press</button>" +
        "<div tabindex='0' style='width: 50px; overflow: auto'><p style='width: 3000px'>far</p></div>");
    assert.deepEqual(found, { sideways: [], overlaps: [], barriers: [], complaints: [] });
});

/** @type {[string, string, keyof Awaited<ReturnType<typeof judge>>, RegExp][]} */
const faults = [
    ["warning", "<script>console.warn('hm')</script>", "complaints", /^console warning: hm/],
    ["error", "<script>setTimeout(() => { throw new Error('oh') })</script>", "complaints", /^error: Error: oh/],
    ["dialog", "<script>setTimeout(() => alert('ah'))</script>", "complaints", /^dialog: ah/],
    ["network", "<img alt='' src='http://127.0.0.1:9/a.png'>", "complaints", /^request: http/],
    ["neighbour", "<img alt='' src='faultless.html'>", "complaints", /^request: file.*faultless/],
    ["wide", "<div style='width: 3000px'>far</div>", "sideways", /the page is 3\d\d\d wide/],
    ["left", "<div id='left' style='position: absolute; left: -50px'>away</div>", "sideways", /#left/],
    ["covered", "<p>A line of text</p><p style='margin-top: -2em'>and another</p>", "overlaps", /"A line of text" and "and another"/],
    ["button", "<p>One word <button id='b' style='margin-left: -3em'>press</button></p>", "overlaps", /"One word" and BUTTON b|BUTTON b and "One word"/],
    ["faint", "<p id='faint' style='color: #ccc'>hardly to be read</p>", "barriers", /^color-contrast.*#faint/],
    ["unnamed", "<input id='unnamed'>", "barriers", /^label.*#unnamed/],
    ["policy", "<meta http-equiv='Content-Security-Policy' content=\"style-src 'none'\"><style>p { color: red }</style>", "complaints", /^console error.*Content Security Policy/],
];

checkOf("a page with every fault is told so", async () => {
    const found = await judge("faulty", faults.map(([, body]) => body).join("\n"));
    for (const [name, , kind, expected] of faults)
        assert.ok(found[kind].some((line) => expected.test(line)), `${name}: ${found[kind].join("\n")}`);
});
