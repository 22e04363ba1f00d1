/* check_numbers.js - what is handed out: downloads, the command, tables that sort, how large pages are.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { check, checkOf } from "./harness.js";
import { made, photographs } from "./pages.js";

check("downloads hold mien's numbers, and the command can be copied", "faces", { still: true }, async ({ page, folder }) => {
    const summary = JSON.parse(readFileSync(join(folder, "summary.json"), "utf8"));
    /** @param {string} selector */
    const download = async (selector) => {
        const [file] = await Promise.all([page.waitForEvent("download"), page.locator(selector).click()]);
        return readFileSync(await file.path(), "utf8");
    };
    const json = JSON.parse(await download("#download-json"));
    const csv = await download("#download-csv");
    for (const method of ["nmf", "kmeans", "pca", "ica"]) {
        const loss = summary.methods[method].loss;
        assert.ok(json.methods.some((/** @type {any} */ fit) => fit.name === method && fit.loss === loss), `${method} in JSON`);
        assert.ok(csv.includes(String(loss)), `${method} in CSV`);
    }
    assert.ok((await page.locator("#numbers").innerText()).includes(summary.command), "the command");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator("#copy-command").click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), summary.command);
});

check("tables sort by a press on a column's head", "table", { still: true }, async ({ page }) => {
    const table = page.locator("#numbers table").first();
    const head = table.locator("thead th").nth(2);
    /** @returns {Promise<string[]>} */
    const order = () => table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.children[0].textContent || ""));
    await head.locator("button").click();
    const up = await order();
    await head.locator("button").click();
    const down = await order();
    assert.deepEqual(down, [...up].reverse());
    assert.ok(["ascending", "descending"].includes(String(await head.getAttribute("aria-sort"))));
});

for (const [which, faces, most] of /** @type {const} */ ([["cbcl", "cbcl/face", 4e6], ["orl", "orl/orl_faces", 8e6]]))
    checkOf(`${which}: at most ${most / 1e6} MB`, async () => {
        if (!existsSync(join(photographs, faces))) {
            console.error(`NOT CHECKED: ${faces} is not in ${photographs}; MIEN_FACES names another folder`);
            return;
        }
        const nbytes = statSync(join(await made(which), "report.html")).size;
        console.log(`${which}: report.html has ${nbytes} bytes`);
        assert.ok(nbytes <= most, `${nbytes} bytes`);
    });
