// worker.mjs - assets/page/worker.js in node: a worker's thread with what a browser's has.
// SPDX-License-Identifier: MIT
import {readFileSync} from "node:fs";
import {Worker} from "node:worker_threads";

const BROWSER = `
const {parentPort} = require("node:worker_threads");
const self = {postMessage: (message, transfer) => parentPort.postMessage(message, transfer)};
parentPort.on("message", data => self.onmessage({data}));
`;

/** A worker with the module. ask(message) waits for what ends its answer; what comes before goes to `hear`. */
export class Mien {
  constructor(source, module) {
    this.worker = new Worker(BROWSER + readFileSync(source, "utf8"), {eval: true});
    this.ready = this.ask({type: "module", module});
  }

  ask(message, hear = () => {}, transfer = []) {
    return new Promise((resolve, reject) => {
      this.worker.removeAllListeners("error").on("error", reject);
      const listen = answer => {
        if (answer.type === "progress" || answer.type === "frame")
          return hear(answer);
        this.worker.off("message", listen);
        if (answer.type === "error")
          reject(Object.assign(new Error(answer.message), answer));
        else
          resolve(answer);
      };
      this.worker.on("message", listen);
      this.worker.postMessage(message, transfer);
    });
  }

  end() {
    return this.worker.terminate();
  }
}
