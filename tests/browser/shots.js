/* shots.js - pictures of every section, for people to look at: node shots.js [PAGE...] into build/shots.
 * SPDX-License-Identifier: MIT */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { closeBrowser, open, print } from "./harness.js";
import { made, root } from "./pages.js";

const shots = join(root, "build/shots");
const words = /** @type {import("./pages.js").Name[]} */ (process.argv.slice(2));
mkdirSync(shots, { recursive: true });
for (const name of words.length ? words : /** @type {const} */ (["faces", "swimmer", "table", "cbcl", "orl"])) {
    const file = join(await made(name), "report.html");
    for (const [device, width, height] of /** @type {const} */ ([["laptop", 1280, 800], ["phone", 390, 844], ["projector", 1920, 1080]])) {
        const { page, complaints } = await open(file, { width, height, still: true });
        for (const theme of device === "projector" ? ["light"] : ["light", "dark"]) {
            await page.emulateMedia({ colorScheme: theme === "dark" ? "dark" : "light" });
            const path = (/** @type {string} */ what) => join(shots, `${name}-${device}-${theme}-${what}.png`);
            await page.screenshot({ path: path("0-opened") });
            for (const id of await page.locator("main > section").evaluateAll((all) => all.map((section) => section.id)))
                await page.locator(`#${id}`).screenshot({ path: path(id) });
        }
        if (device === "laptop") {
            await print(page, join(shots, `${name}.pdf`));
            await page.emulateMedia({ colorScheme: "light" });
            await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
            await page.screenshot({ path: join(shots, `${name}-unfolded.png`), fullPage: true });
        }
        if (complaints.length) console.error(`${name}, ${device}: ${complaints.join("\n")}`);
        await page.context().close();
    }
}
await closeBrowser();
console.log(`pictures are in ${shots}`);
