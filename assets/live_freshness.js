// Freshness rules: the twin of dashboard/freshness.py, which says what they mean. The rule table
// comes from the server with every event; tests/dashboard/freshness_cases.json goes through both.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});
  const SEVERITY = ["live", "late", "stale", "offline"];
  const LIVE = { state: "live", cause: null, since: null, source: null };

  function assess(known, now, rules) {
    const silent = now - known.heard_at >= rules.silence_ms ? known.heard_at : null;
    const findings = [
      failing("server", silent, now, rules),
      failing("database", known.database.since, now, rules),
      failing("engine", known.engine.since, now, rules),
    ];
    if (known.is_live) {
      findings.push(snapshotFinding(known.made_at, now, rules));
      for (const source of known.sources) findings.push(sourceFinding(source, now, rules));
    }
    const worst = findings.reduce((a, b) => (severity(b) > severity(a) ? b : a));
    if (worst.state === "stale" && known.number === null) return { ...worst, state: "offline" };
    return worst;
  }

  function sourceFinding(source, now, rules) {
    const contact = source.last_contact_at;
    if (!source.is_live || contact === null) return LIVE;
    const lateAt = contact + rules.late_cycles * source.cycle_ms;
    let staleAt = contact + rules.stale_cycles * source.cycle_ms;
    const error = source.last_error_at;
    if (error !== null && error > contact) staleAt = Math.min(staleAt, error);
    const state = aged(lateAt, staleAt, now, rules);
    return state === "live" ? LIVE : { state, cause: "source", since: contact, source: source.key };
  }

  function snapshotFinding(madeAt, now, rules) {
    if (madeAt === null) return LIVE;
    const cycle = rules.snapshot_cycle_ms;
    const lateAt = madeAt + rules.late_cycles * cycle;
    const state = aged(lateAt, madeAt + rules.stale_cycles * cycle, now, rules);
    return state === "live" ? LIVE : { state, cause: "engine", since: madeAt, source: null };
  }

  function dataAt(sources, rules) {
    const heard = sources.filter((source) => source.last_contact_at !== null);
    const quick = heard.filter((s) => s.is_live && s.cycle_ms <= rules.fast_cycle_ms);
    const contacts = (quick.length ? quick : heard).map((source) => source.last_contact_at);
    if (!contacts.length) return null;
    return quick.length ? Math.min(...contacts) : Math.max(...contacts);
  }

  function failing(cause, since, now, rules) {
    if (since === null) return LIVE;
    const state = now - since >= rules.offline_ms ? "offline" : "stale";
    return { state, cause, since, source: null };
  }

  function aged(lateAt, staleAt, now, rules) {
    if (now > staleAt) return now - staleAt >= rules.offline_ms ? "offline" : "stale";
    return now > lateAt ? "late" : "live";
  }

  function severity(finding) {
    return SEVERITY.indexOf(finding.state);
  }

  cockpit.freshness = { assess, sourceFinding, snapshotFinding, dataAt };
})();
