// The connection to the server: server-sent events with a watchdog, polling where streaming is
// forbidden, for ever. What an event holds is described in callbacks/events.py.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});

  const SILENCE_MS = 5000;
  const LOOK_MS = 250;
  const FIRST_PAUSE_MS = 1000;
  // An attempt may hang for SILENCE_MS when packets are dropped; together they stay below 15 s.
  const LONGEST_PAUSE_MS = 7000;
  const POLL_MS = 2000;
  const POLL_TIMEOUT_MS = 4000;
  const TRIES_BEFORE_POLLING = 3;
  const STREAM_AGAIN_MS = 60000;

  class Connection {
    // `onEvent(event)` gets every event; `mode` is "stream" or "polling"; `tries` counts attempts
    // since the last event.
    constructor(address, onEvent) {
      this.address = address;
      this.onEvent = onEvent;
      this.mode = "stream";
      this.tries = 0;
      this.number = null;
      this.looking = setInterval(() => this.look(), LOOK_MS);
      this.open();
    }

    open() {
      this.openAt = null;
      this.heardAt = performance.now();
      this.isAnswered = false;
      const source = new EventSource(`/stream?${this.parameters()}`);
      source.onmessage = (message) => this.hear(source, message.data);
      // One answer that is no stream closes an EventSource for good; the others are no better.
      source.onerror = () => this.reopen(source);
      this.source = source;
    }

    hear(source, text) {
      if (source !== this.source) return;
      this.heardAt = performance.now();
      if (!this.isAnswered) cockpit.clock.forget();
      this.isAnswered = true;
      this.tries = 0;
      this.mode = "stream";
      this.deliver(JSON.parse(text));
    }

    deliver(event) {
      this.number = event.type === "ping" ? this.number : event.meta.number;
      this.onEvent(event);
    }

    // Called several times a second: is the stream silent, or a new attempt due?
    look() {
      const now = performance.now();
      if (this.source && now - this.heardAt > SILENCE_MS) this.reopen(this.source);
      if (!this.source && now >= this.openAt) this.open();
    }

    reopen(source) {
      if (source !== this.source) return;
      source.close();
      this.source = null;
      this.tries += 1;
      this.openAt = performance.now() + this.pause();
      if (this.mode === "stream" && !this.isAnswered && this.tries >= TRIES_BEFORE_POLLING) {
        this.tryPolling();
      }
    }

    // With jitter, so that a hundred screens don't come back at once.
    pause() {
      if (this.mode === "polling") return STREAM_AGAIN_MS;
      const longest = Math.min(FIRST_PAUSE_MS * 2 ** (this.tries - 1), LONGEST_PAUSE_MS);
      return longest * (0.5 + Math.random() / 2);
    }

    async tryPolling() {
      if (this.isPolling) return;
      this.isPolling = true;
      const event = await this.poll();
      if (event && !this.isClosed && !this.isAnswered) {
        this.mode = "polling";
        cockpit.clock.forget();
        await this.pollOn(event);
      }
      this.isPolling = false;
    }

    async pollOn(event) {
      while (event && this.mode === "polling" && !this.isClosed) {
        this.tries = 0;
        this.deliver(event);
        await new Promise((done) => setTimeout(done, POLL_MS));
        event = await this.poll();
      }
      if (this.mode !== "polling") return;
      this.mode = "stream";
      this.openAt = 0;
    }

    async poll() {
      try {
        const since = this.number === null ? "" : `&since=${this.number}`;
        const response = await fetch(`/api/snapshot?${this.parameters()}${since}`, {
          cache: "no-store",
          signal: AbortSignal.timeout(POLL_TIMEOUT_MS),
        });
        if (!response.ok) return null;
        return await response.json();
      } catch {
        return null;
      }
    }

    parameters() {
      return new URLSearchParams(this.address).toString();
    }

    close() {
      this.isClosed = true;
      clearInterval(this.looking);
      if (this.source) this.source.close();
      this.source = null;
    }
  }

  cockpit.Connection = Connection;
})();
