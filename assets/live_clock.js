// The server's clock in the browser, and times as they are printed. The browser's own clock is
// never asked: it may be wrong by minutes, and midnight is the database's.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});
  // An event that was held back on its way makes the clock slow: the best of the last ones counts.
  const SAMPLES = 30;

  let offsets = [];
  let zone = "Asia/Shanghai";
  const formats = new Map();

  function hear(serverTime) {
    offsets.push(serverTime - performance.now());
    if (offsets.length > SAMPLES) offsets.shift();
  }

  // After a new connection: this machine may have slept, or the server's clock been set.
  function forget() {
    offsets = [];
  }

  function isSet() {
    return offsets.length > 0;
  }

  function at(pageTime) {
    return Math.round(Math.max(...offsets) + pageTime);
  }

  function now() {
    return at(performance.now());
  }

  function setZone(name) {
    if (name) zone = name;
  }

  function parts(instant) {
    if (!formats.has(zone)) {
      formats.set(
        zone,
        new Intl.DateTimeFormat("zh-CN", {
          timeZone: zone,
          hourCycle: "h23",
          year: "numeric",
          month: "numeric",
          day: "numeric",
          weekday: "short",
          hour: "2-digit",
          minute: "2-digit",
          second: "2-digit",
        })
      );
    }
    const found = {};
    for (const { type, value } of formats.get(zone).formatToParts(instant)) found[type] = value;
    return found;
  }

  // 14:32
  function minutes(instant) {
    const { hour, minute } = parts(instant);
    return `${hour}:${minute}`;
  }

  // 14:32:05
  function seconds(instant) {
    const { hour, minute, second } = parts(instant);
    return `${hour}:${minute}:${second}`;
  }

  // 11月20日 周五, with the year when it isn't this one
  function date(instant) {
    const { year, month, day, weekday } = parts(instant);
    const other = year === parts(now()).year ? "" : `${year}年`;
    return `${other}${month}月${day}日 ${weekday}`;
  }

  function dayKey(instant) {
    const { year, month, day } = parts(instant);
    return `${year}-${month}-${day}`;
  }

  // 14:28, or with the day when it isn't today's: 11月19日14:28
  function moment(instant) {
    const { month, day } = parts(instant);
    const today = dayKey(instant) === dayKey(now());
    return today ? minutes(instant) : `${month}月${day}日${minutes(instant)}`;
  }

  function hour(instant) {
    return Number(parts(instant).hour);
  }

  // 23秒, 4分钟, 1小时05分
  function roughly(milliseconds) {
    const total = Math.max(0, Math.floor(milliseconds / 1000));
    if (total < 60) return `${total}秒`;
    const whole = Math.floor(total / 60);
    if (whole < 60) return `${whole}分钟`;
    if (whole < 48 * 60) return `${Math.floor(whole / 60)}小时${pad(whole % 60)}分`;
    return `${Math.floor(whole / 60 / 24)}天`;
  }

  // 3秒, 4分03秒, 1小时05分
  function exactly(milliseconds) {
    const total = Math.max(0, Math.floor(milliseconds / 1000));
    if (total < 60 || total >= 3600) return roughly(milliseconds);
    return `${Math.floor(total / 60)}分${pad(total % 60)}秒`;
  }

  // Days passed, counted from that hour of the day on: steps by one when the hour comes.
  function dayNumber(instant, fromHour) {
    const { year, month, day, hour } = parts(instant);
    const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86400000;
    return Number(hour) < fromHour ? midnight - 1 : midnight;
  }

  function pad(number) {
    return String(number).padStart(2, "0");
  }

  cockpit.clock = {
    hear, forget, isSet, at, now, setZone, minutes, seconds, date, dayKey, moment, hour, dayNumber, roughly,
    exactly,
  };
})();
