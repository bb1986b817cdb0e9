// The face of freshness: clocks, heartbeat, the one sentence, the state of the whole page. All
// written straight to nodes that nobody else writes, every second at most.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});

  const CAUSES = { server: "服务器失联", database: "数据库无应答", engine: "指标计算停止" };
  const BEATS = 12;

  function write(id, text) {
    const node = document.getElementById(id);
    if (node && node.textContent !== text) node.textContent = text;
  }

  function mark(name, value) {
    if (document.body.dataset[name] !== value) document.body.dataset[name] = value;
  }

  // 数据源中断4分钟,显示14:28的数据
  function sentence(finding, meta, now) {
    const { clock } = cockpit;
    if (meta && meta.notice) return meta.notice;
    if (finding.state === "live" || finding.state === "late") return failures(meta) || replica(meta, now);
    const what = `${named(finding, meta)}${clock.roughly(now - finding.since)}`;
    const shown = finding.cause === "source" ? finding.since : meta && meta.as_of;
    // Offline it stands at hero size: a line for what is wrong, one for what is left.
    if (!shown || meta.number === null) return `${what},\n尚无数据`;
    if (finding.state === "offline") return `${what},\n最近的数据为${clock.moment(shown)}`;
    return `${what},显示${clock.moment(shown)}的数据`;
  }

  function named(finding, meta) {
    if (finding.cause === "engine" && meta.engine.reason) return meta.engine.reason;
    if (finding.cause !== "source") return CAUSES[finding.cause];
    const live = meta.sources.filter((source) => source.is_live);
    const silent = live.find((source) => source.key === finding.source);
    return live.length > 1 && silent ? `${silent.name}中断` : "数据源中断";
  }

  // Parts that could not be computed keep their last values; the rest is live.
  function failures(meta) {
    const names = Object.keys((meta && meta.failures) || {});
    if (!names.length) return "";
    return `${names.slice(0, 2).join("、")}${names.length > 2 ? "等" : ""}未能更新,其余正常`;
  }

  // The picture is whole and fresh all the same: it is read from the primary meanwhile.
  function replica(meta, now) {
    const part = meta && meta.replica;
    if (!part) return "";
    return part.reason.replace("{age}", cockpit.clock.roughly(now - part.since));
  }

  function show({ finding, meta, now, paintedAt, connection }) {
    const { clock, freshness } = cockpit;
    mark("state", finding.state);
    mark("cause", finding.cause || "");
    mark("link", connection.mode);
    const works = finding.state === "live" || finding.state === "late";
    mark("failing", works && (failures(meta) || replica(meta, now)) ? "true" : "false");
    write("header-alert", sentence(finding, meta, now));
    showClocks(meta, now, paintedAt, finding, connection);
    if (meta && !meta.is_live && meta.as_of) {
      write("header-data-at", clock.seconds(meta.as_of));
      write("header-data-age", "回放");
      return;
    }
    const dataAt = meta && freshness.dataAt(meta.sources, meta.rules);
    if (!dataAt) return;
    write("header-data-at", clock.seconds(dataAt));
    const age = now - dataAt;
    const late = finding.state === "late" && finding.cause === "source";
    write("header-data-age", late ? `延迟${Math.floor(age / 1000)}秒` : `${clock.exactly(age)}前`);
  }

  function showClocks(meta, now, paintedAt, finding, connection) {
    const { clock } = cockpit;
    const broken = finding.state === "stale" || finding.state === "offline";
    const retry = finding.cause === "server" ? `,第${connection.tries}次重试` : "";
    const silent = broken && finding.cause !== "source" ? ` 无应答${retry}` : "";
    if (meta && meta.made_at) write("header-query-at", clock.seconds(meta.made_at) + silent);
    const polled = connection.mode === "polling" ? " 轮询" : "";
    if (paintedAt) write("header-paint-at", clock.seconds(paintedAt) + (polled || (broken ? " 正常" : "")));
    // A replayed moment has its own time of day, and it stands still.
    const at = meta && !meta.is_live && meta.as_of ? meta.as_of : now;
    write("header-clock", clock.minutes(at));
    write("header-date", clock.date(at));
  }

  // One of twelve segments lit, one step a second, from the painting loop: a frozen page is seen.
  function beat(pageTime) {
    const lit = Math.floor(pageTime / 1000) % BEATS;
    for (const heart of document.querySelectorAll("[data-heartbeat]")) {
      if (heart.dataset.lit === String(lit)) continue;
      heart.dataset.lit = String(lit);
      [...heart.children].forEach((segment, place) => {
        segment.classList.toggle("is-lit", place === lit);
      });
    }
  }

  cockpit.header = { show, beat, sentence };
})();
