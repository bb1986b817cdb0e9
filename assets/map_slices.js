// Long work in short slices: a queue of generators, each advanced a little in every painted frame,
// so that the heartbeat and the numbers never wait for the map. No drawing here.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  // A frame has 16.7 ms; what is left pays for painting and for the rest of the page.
  const BUDGET_MS = 10;

  class Slices {
    constructor(budget = BUDGET_MS) {
      this.budget = budget;
      this.jobs = new Map();
      this.frame = 0;
      this.longest = 0;
    }

    // Starts `steps` (a generator that yields every few milliseconds); a job of the same name that
    // is still running is dropped, so only the newest state is ever finished.
    run(name, steps) {
      this.jobs.delete(name);
      this.jobs.set(name, steps);
      this.frame = this.frame || requestAnimationFrame(() => this.turn());
    }

    cancel(name) {
      this.jobs.delete(name);
    }

    stop() {
      this.jobs.clear();
      cancelAnimationFrame(this.frame);
      this.frame = 0;
    }

    turn() {
      const start = performance.now();
      this.frame = 0;
      for (const [name, steps] of this.jobs) {
        while (performance.now() - start < this.budget) {
          if (this.advance(name, steps)) break;
        }
      }
      this.longest = Math.max(this.longest, performance.now() - start);
      if (this.jobs.size && !this.frame) this.frame = requestAnimationFrame(() => this.turn());
    }

    // True when the job has ended or was replaced by a newer one.
    advance(name, steps) {
      let ended = true;
      try {
        ended = steps.next().done;
      } catch (error) {
        console.error(`map: ${name} failed`, error);
      }
      if (ended && this.jobs.get(name) === steps) this.jobs.delete(name);
      return ended || this.jobs.get(name) !== steps;
    }
  }

  parts.Slices = Slices;
})();
