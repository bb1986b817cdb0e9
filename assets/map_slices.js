// Long work in short slices: a queue of generators, each advanced a little in every painted frame,
// so that the heartbeat and the numbers never wait for the map. No drawing here.
//
// A generator yields every few milliseconds of its own work; after drawing much it yields FRAME,
// since what was drawn is painted, and paid for, only at the end of the frame.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  // A frame has 16.7 ms; what is left pays for painting and for the rest of the page. Where painting
  // alone takes longer, a share of the frame as it is: else the map of a slow machine never came.
  const BUDGET_MS = 10;
  const MOST_MS = 40;
  const SHARE = 0.6;
  const FRAME = Symbol("end of this frame's work");

  class Slices {
    constructor(budget = BUDGET_MS) {
      this.budget = budget;
      this.jobs = new Map();
      this.frame = 0;
      this.turnedAt = null;
      this.longest = 0;
    }

    // Starts `steps`; a job of the same name that is still running is dropped, so only the newest
    // state is ever finished. The promise gives what the generator returns, or undefined if dropped.
    run(name, steps) {
      this.cancel(name);
      this.frame = this.frame || requestAnimationFrame((time) => this.turn(time));
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

    // `time`: when the frame began. The frame before is known while there is work without a break.
    turn(time) {
      const start = performance.now();
      const share = this.turnedAt === null ? 0 : SHARE * (time - this.turnedAt);
      const budget = Math.min(Math.max(this.budget, share), Math.max(this.budget, MOST_MS));
      this.frame = 0;
      let full = false;
      while (this.jobs.size && !full) {
        const [name, job] = this.jobs.entries().next().value;
        full = this.advance(name, job) === FRAME || performance.now() - start > budget;
      }
      this.longest = Math.max(this.longest, performance.now() - start);
      this.turnedAt = this.jobs.size ? time : null;
      if (this.jobs.size && !this.frame) {
        this.frame = requestAnimationFrame((next) => this.turn(next));
      }
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
