// Keeps one thing in the browser: the page that says the server is away. A wall that is switched on
// during an outage shows it, and comes back by itself. Nothing else is cached or answered here.
"use strict";

const KEPT = "cockpit";
const OFFLINE = "/offline";
// Short enough that a wall opened while packets are dropped says so within five seconds.
const PATIENCE_MS = 3500;

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const isPage = event.request.mode === "navigate";
  if (isPage && new URL(event.request.url).origin === self.location.origin) {
    event.respondWith(answer(event.request));
  }
});

async function answer(request) {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (isOurs(response)) return response;
  } catch {
    // refused, dropped, cut off: the shell below says so
  }
  return (await caches.match(OFFLINE)) || Response.error();
}

// Ours, or a sign-in on the way to ours. A proxy's page of apology is neither.
function isOurs(response) {
  const isSignIn = response.type === "opaqueredirect" || [401, 403].includes(response.status);
  return response.headers.has("X-Cockpit") || isSignIn;
}

async function keepShell() {
  const kept = await caches.open(KEPT);
  const response = await fetch(OFFLINE, { cache: "no-store" });
  if (!response.ok || !response.headers.has("X-Cockpit")) throw new Error("not our shell");
  await kept.put(OFFLINE, response);
}
