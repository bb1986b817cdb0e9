// Long work in short slices: a queue of generators, each advanced a little in every painted frame,
// so that the heartbeat and the numbers never wait for the map. No drawing here.
//
// A generator yields every few milliseconds of its own work; after drawing much it yields FRAME,
// since what was drawn is painted, and paid for, only at the end of the frame.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  // A frame has 16.7 ms; what is left pays for painting and for the rest of the page.
  const BUDGET_MS = 10;
  const FRAME = Symbol("end of this frame's work");

  class Slices {
    constructor(budget = BUDGET_MS) {
      this.budget = budget;
      this.jobs = new Map();
      this.frame = 0;
      this.longest = 0;
    }

    // Starts `steps`; a job of the same name that is still running is dropped, so only the newest
    // state is ever finished. The promise gives what the generator returns, or undefined if dropped.
    run(name, steps) {
      this.cancel(name);
      this.frame = this.frame || requestAnimationFrame(() => this.turn());
      return new Promise((resolve) => this.jobs.set(name, { steps, resolve }));
    }

    cancel(name) {
      const job = this.jobs.get(name);
      this.jobs.delete(name);
      if (job) job.resolve(undefined);
    }

    stop() {
      for (const name of [...this.jobs.keys()]) this.cancel(name);
      cancelAnimationFrame(this.frame);
      this.frame = 0;
    }

    turn() {
      const start = performance.now();
      this.frame = 0;
      let full = false;
      while (this.jobs.size && !full) {
        const [name, job] = this.jobs.entries().next().value;
        full = this.advance(name, job) === FRAME || performance.now() - start > this.budget;
      }
      this.longest = Math.max(this.longest, performance.now() - start);
      if (this.jobs.size && !this.frame) this.frame = requestAnimationFrame(() => this.turn());
    }

    // One step of a job, which then goes to the end of the queue.
    advance(name, job) {
      let step = { done: true, value: undefined };
      try {
        step = job.steps.next();
      } catch (error) {
        console.error(`map: ${name} failed`, error);
      }
      if (this.jobs.get(name) === job) {
        this.jobs.delete(name);
        if (!step.done) this.jobs.set(name, job);
      }
      if (step.done) job.resolve(step.value);
      return step.value;
    }
  }

  Object.assign(parts, { Slices, FRAME });
})();
