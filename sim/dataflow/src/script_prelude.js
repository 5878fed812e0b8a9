// The world of a script: records in, records out, the job's clock, seeded chance, and nothing else.
(function (now, seed) {
  "use strict";
  const { parse, stringify } = JSON;
  const RealDate = Date;
  const utc = RealDate.UTC;
  // A date and time without a zone is UTC, as everything in a job is.
  const zoned = (text) =>
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? text.replace(" ", "T") + "Z" : text;
  function JobDate(...parts) {
    if (!new.target) return new RealDate(now).toUTCString();
    let date;
    if (parts.length === 0) date = new RealDate(now);
    else if (parts.length > 1) date = new RealDate(utc(...parts));
    else if (typeof parts[0] === "string") date = new RealDate(zoned(parts[0]));
    else date = new RealDate(parts[0]);
    Object.setPrototypeOf(date, new.target.prototype);
    return date;
  }
  const proto = RealDate.prototype;
  for (const part of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
    proto["get" + part] = proto["getUTC" + part];
    if (part !== "Day") proto["set" + part] = proto["setUTC" + part];
  }
  proto.getTimezoneOffset = () => 0;
  proto.toString = proto.toUTCString;
  proto.toLocaleString = proto.toUTCString;
  proto.toDateString = function () { return this.toISOString().slice(0, 10); };
  proto.toLocaleDateString = proto.toDateString;
  proto.toTimeString = function () { return this.toISOString().slice(11, 19); };
  proto.toLocaleTimeString = proto.toTimeString;
  JobDate.prototype = proto;
  proto.constructor = JobDate;
  JobDate.UTC = utc;
  JobDate.parse = (text) => RealDate.parse(zoned(String(text)));
  JobDate.now = () => now;
  globalThis.Date = JobDate;

  let state = seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  for (const name of ["performance", "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "navigator"]) {
    delete globalThis[name];
  }

  const MOST = 10000;
  let effects = [];
  const note = (effect) => {
    if (effects.length >= MOST) throw new Error("more than " + MOST + " results of one record");
    effects.push(effect);
  };
  const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const accept = (kind) => (value) => {
    if (!isRecord(value)) throw new TypeError("accept takes a record");
    note([kind, stringify(value)]);
  };
  const shown = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return String(value);
    const text = stringify(value);
    return text === undefined ? String(value) : text;
  };
  const logger = {};
  for (const level of ["log", "info", "warn", "error", "debug"]) {
    logger[level] = (...parts) => note(["log", stringify(level + " " + parts.map(shown).join(" ").slice(0, 2000))]);
  }
  globalThis.console = logger;
  const shared = new Map();
  const tools = {
    next: { accept: accept("next") },
    error: { accept: accept("error") },
    logger,
    ctx: {
      getSharedVariable: (name) => shared.get(name),
      setSharedVariable: (name, value) => { shared.set(name, value); },
    },
  };
  const current = ["record", "ctx", "logger", "next", "error"];

  // Arguments go by the names of the parameters where all are known, since their order changed over the years.
  function order(process) {
    const source = Function.prototype.toString.call(process).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
    const bare = /^\s*(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(source);
    let list = bare ? bare[1] : source.slice(source.indexOf("(") + 1, source.indexOf(")"));
    const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "");
    return names.every((name) => current.includes(name)) ? names : current;
  }

  return (process) => {
    if (typeof process !== "function") return null;
    const names = order(process);
    return (text) => {
      effects = [];
      const record = text === "" ? null : parse(text);
      let thrown = null;
      try {
        const given = names.map((name) => (name === "record" ? record : tools[name]));
        const result = process(...given);
        if (isRecord(result)) note(["next", stringify(result)]);
        else if (result !== null && result !== undefined) throw new TypeError("process returned " + typeof result + ", not a record");
      } catch (problem) {
        thrown = problem instanceof Error ? String(problem) : "thrown: " + shown(problem);
      }
      const done = effects;
      effects = [];
      // Nearly every record becomes one record: that is said in the shortest way.
      if (thrown === null && done.length === 1 && done[0][0] === "next") return "=" + done[0][1];
      const all = done.map(([kind, text]) => '["' + kind + '",' + text + "]").join(",");
      return '{"effects":[' + all + '],"thrown":' + stringify(thrown) + "}";
    };
  };
})
