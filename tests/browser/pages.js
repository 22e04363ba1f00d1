/* pages.js - the pages that are looked at, made by the release build when a check first asks for one.
 * SPDX-License-Identifier: MIT */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where pages, prints and screenshots of failures are left. */
export const outcome = join(root, "build/browser");
mkdirSync(outcome, { recursive: true });
export const mien = process.env.MIEN || join(root, "build/release/mien");
/** Real faces; they may not be passed on, so most machines do not have them. */
export const photographs = process.env.MIEN_FACES || join(root, "../shared/data");

/** Names that are markup, script or nonsense to whoever takes a name for more than a name. */
export const hostile = [
    "<img src=x onerror=alert(1)>.pgm",
    "\"&'.pgm",
    "</script><script>alert(2)</script>.pgm", // its slashes make folders
    "<!--<script>.pgm",
    "]]>.pgm",
    "&lt;b&gt;.pgm",
    "${alert(3)}`.pgm",
    "__proto__.pgm",
    "%3Cscript%3E.pgm",
    "a\u2028b\u202ec.pgm",
    "\\u003cb\\n.pgm",
    "=1+1.pgm",
];

/**
 * A folder of drawn faces with hostile names.
 * @param {string} folder
 */
function writeHostile(folder) {
    const names = [...hostile, ...Array.from({ length: 12 }, (_, i) => `plain ${i}.pgm`)];
    names.forEach((name, i) => {
        const to = join(folder, name);
        mkdirSync(dirname(to), { recursive: true });
        copyFileSync(join(root, "assets/faces", `face${String(i).padStart(3, "0")}.pgm`), to);
    });
}

/**
 * A table: three kinds of rows, each with columns of its own.
 * @param {string} file
 */
function writeTable(file) {
    const columns = ["salt", "flour", "<b>sugar</b>", "butter", "egg", "milk", "\"rye\" & co", "water", "yeast"];
    const kinds = ["bread", "cake", "<i>pancake</i>"];
    const uses = [[2, 9, 0, 0, 0, 0, 4, 6, 2], [0, 6, 7, 6, 4, 1, 0, 0, 0], [1, 5, 1, 2, 5, 8, 0, 0, 0]];
    const lines = [["name", "kind", ...columns].map((column) => `"${column.replaceAll("\"", "\"\"")}"`).join(",")];
    for (let i = 0; i < 48; i++)
        lines.push([`recipe ${i}`, kinds[i % 3],
            ...uses[i % 3].map((use, j) => use * (4 + ((i * 7 + j * 3) % 5)) + ((i + j) % 2))].join(","));
    writeFileSync(file, `${lines.join("\n")}\n`);
}

/**
 * What is made of what, by name. The first word of a list is a command of mien.
 * @type {Record<string, (scratch: string) => string[]>}
 */
const recipes = {
    faces: () => ["demo", "faces"],
    swimmer: () => ["demo", "swimmer"],
    table: (scratch) => {
        writeTable(join(scratch, "table.csv"));
        return ["compare", join(scratch, "table.csv"), "--id", "name", "--label", "kind", "-r", "3"];
    },
    hostile: (scratch) => {
        writeHostile(join(scratch, "<b>&\"faces"));
        return ["compare", join(scratch, "<b>&\"faces"), "-r", "4"];
    },
    cone: () => ["demo", "cone"],
    studies: () => ["compare", join(root, "assets/swimmer"), "-r", "9", "--methods", "nmf,pca", "--iterations", "60"],
    cbcl: () => ["compare", join(photographs, "cbcl/face"), "-r", "49", "--iterations", "50"],
    orl: () => ["compare", join(photographs, "orl/orl_faces"), "-r", "49", "--iterations", "20"],
};

/**
 * What follows, into folders beside the first; the last of it makes the page again.
 * @type {Record<string, (folder: string) => string[][]>}
 */
const sequels = {
    studies: (folder) => {
        const [stability, rank, transform] = ["stability", "rank", "transform"].map((name) => `${folder}-${name}`);
        const images = join(root, "assets/swimmer");
        return [
            ["stability", images, "-r", "9", "--restarts", "6", "--iterations", "80", "-o", stability, "--force"],
            ["rank", images, "--ranks", "4:16:4", "--masks", "2", "--starts", "2", "--iterations", "40", "-o", rank, "--force"],
            ["transform", join(folder, "nmf"), images, "--training", images, "--residual", "-o", transform, "--force"],
            ["report", folder, stability, rank, transform],
        ];
    },
};

/** @typedef {"faces"|"swimmer"|"table"|"hostile"|"cbcl"|"orl"|"cone"|"studies"} Name */

/** @type {Map<string, Promise<string>>} */
const underway = new Map();

/**
 * The folder that mien wrote, made once; anew when the program is newer.
 * @param {Name} name
 * @returns {Promise<string>}
 */
export function made(name) {
    const known = underway.get(name);
    if (known) return known;
    const folder = join(outcome, name);
    const page = join(folder, "report.html");
    const make = async () => {
        if (existsSync(page) && statSync(page).mtimeMs > statSync(mien).mtimeMs) return folder;
        const scratch = join(outcome, `input-${name}`);
        rmSync(scratch, { recursive: true, force: true });
        mkdirSync(scratch, { recursive: true });
        const words = recipes[name](scratch);
        const commands = [[...words, "-o", folder, "--force"], ...(sequels[name]?.(folder) || [])];
        for (const command of commands) await promisify(execFile)(mien, command, { maxBuffer: 1 << 26 });
        return folder;
    };
    const making = make();
    underway.set(name, making);
    return making;
}
