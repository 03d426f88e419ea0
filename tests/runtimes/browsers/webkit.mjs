/** @file WebKitGTK, which has Safari's engine, through its WebDriver and a virtual screen. */

import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../project.mjs";
import { firstOf } from "./places.mjs";

const browser = () =>
  firstOf(
    ...["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`),
  );
const DRIVER = "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/Xvfb";

/** The driver says it when a session begins. */
let seen;
export const version = () => seen;

export const name = "WebKitGTK";
export const debian = ["webkit2gtk-driver", "xvfb"];
export const missing = () =>
  browser() && firstOf(DRIVER) && firstOf(SCREEN)
    ? undefined
    : "no WebKitGTK here (on Debian: apt-get install webkit2gtk-driver xvfb)";

/** Opens a page and waits for what it leaves in `globalThis.result`. */
export async function visit(url) {
  const screen = spawn(
    SCREEN,
    ["-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
    {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    },
  );
  let driver;
  try {
    const [display] = await new Promise((resolve, reject) => {
      screen.on("error", reject);
      screen.on("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
      screen.stdio[3].once("data", (text) => resolve(String(text).trim().split("\n")));
    });
    const port = await freePort();
    driver = spawn(DRIVER, [`--port=${port}`, "--host=127.0.0.1"], {
      stdio: "ignore",
      env: {
        ...process.env,
        DISPLAY: `:${display}`,
        GDK_BACKEND: "x11",
        LIBGL_ALWAYS_SOFTWARE: "1",
        NO_AT_BRIDGE: "1",
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
        WEBKIT_DISABLE_DMABUF_RENDERER: "1",
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", // which needs rights that a container has not
      },
    });
    return await inSession(`http://127.0.0.1:${port}`, url);
  } finally {
    driver?.kill();
    screen.kill();
  }
}

async function inSession(server, url) {
  const options = { "webkitgtk:browserOptions": { binary: browser(), args: ["--automation"] } };
  const capabilities = { alwaysMatch: options };
  await untilUp(server);
  const { sessionId, capabilities: given } = await call(server, "POST", "/session", {
    capabilities,
  });
  seen = given.browserVersion;
  const session = `/session/${sessionId}`;
  try {
    await call(server, "POST", `${session}/url`, { url });
    const script = "return globalThis.result === undefined ? null : globalThis.result";
    for (let tries = 0; tries < 900; tries++) {
      const result = await call(server, "POST", `${session}/execute/sync`, { script, args: [] });
      if (result !== null) return result;
      await sleep(200);
    }
    throw new Error("the page gave no result");
  } finally {
    await call(server, "DELETE", session).catch(() => {}); // the driver ends it as well
  }
}

async function untilUp(server) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await call(server, "GET", "/status");
    } catch {
      await sleep(100);
    }
  }
  throw new Error("WebKitWebDriver does not answer");
}

async function call(server, method, path, body) {
  const response = await fetch(server + path, {
    method,
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { value } = await response.json();
  if (value?.error) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}
