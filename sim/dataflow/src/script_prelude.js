// The world of a script: records in, records out, the job's clock, seeded chance, and nothing else.
(function (now, seed, spend, getShared, setShared, legacy) {
  "use strict";
  const { parse, stringify } = JSON;
  const { apply, getPrototypeOf, ownKeys } = Reflect;

  // A native call does not ask whether to go on, however long it takes: what it costs is paid before it starts.
  let owed = 0;
  const pay = (cost) => {
    owed += cost;
    if (owed < 10000) return;
    const due = owed;
    owed = 0;
    if (spend(due)) throw new RangeError("the script takes too long");
  };
  const length = (value) => (value === null || value === undefined ? 0 : Number(value.length) || 0);
  // What cannot be known before is paid by the result: memory bounds what one call can cost.
  const paid = (owner, prices, usual, results = {}) => {
    for (const name of ownKeys(owner)) {
      const native = Object.getOwnPropertyDescriptor(owner, name).value;
      const price = Object.hasOwn(prices, name) ? prices[name] : usual;
      const after = Object.hasOwn(results, name) ? results[name] : null;
      if (typeof native !== "function" || name === "constructor" || (price === null && after === null)) continue;
      const wrapped = {
        [name](...given) {
          if (price !== null) pay(price(length(this), given));
          const result = apply(native, this, given);
          if (after !== null) pay(after(result));
          return result;
        },
      }[name];
      Object.defineProperty(wrapped, "length", { value: native.length });
      Object.defineProperty(owner, name, { value: wrapped });
    }
  };
  const whole = (n) => n;
  const moved = (n) => n / 16;
  const sorted = (n) => n * (1 + Math.log2(n + 1)) * 4;
  const items = {
    at: null, push: null, pop: null, keys: null, values: null, entries: null, [Symbol.iterator]: null,
    shift: moved, unshift: moved, slice: moved, subarray: null, set: moved, sort: sorted, toSorted: sorted,
    concat: (n, given) => given.reduce((sum, one) => sum + length(one), n) / 16,
  };
  const searched = (n, given) => n / 8 + (n * length(given[0])) / 16;
  const characters = {
    at: null, charAt: null, charCodeAt: null, codePointAt: null, slice: null, substring: null, substr: null,
    startsWith: null, endsWith: null, toString: null, valueOf: null, concat: null, [Symbol.iterator]: null,
    indexOf: searched, lastIndexOf: searched, includes: searched, split: searched, replaceAll: searched,
    replace: searched, repeat: (n, given) => (n * (Number(given[0]) || 0)) / 64,
    padStart: (n, given) => (Number(given[0]) || 0) / 64, padEnd: (n, given) => (Number(given[0]) || 0) / 64,
  };
  paid(Array.prototype, items, whole);
  paid(getPrototypeOf(Uint8Array.prototype), items, whole);
  const copied = (text) => length(text) / 16;
  const written = (text) => length(text) / 2;
  const parts = { slice: copied, substring: copied, substr: copied, concat: copied };
  paid(String.prototype, characters, (n) => n / 8, parts);
  paid(Array, { from: (_, given) => length(given[0]) }, null);
  const given = (_, values) => length(values[0]);
  paid(JSON, { parse: given, stringify: given }, null, { stringify: written });
  const members = (result) => ownKeys(result).length;
  paid(Object, { fromEntries: given }, null, {
    keys: length, values: length, entries: length, getOwnPropertyNames: length, assign: members,
    getOwnPropertyDescriptors: members,
  });
  const costly = (value) => {
    const text = stringify(value);
    pay(written(text));
    return text;
  };
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
  for (const name of ["performance", "BigInt", "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "navigator"]) {
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
    note([kind, costly(value)]);
  };
  const shown = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return String(value);
    const text = costly(value);
    return text === undefined ? String(value) : text;
  };
  const logger = {};
  for (const level of ["log", "info", "warn", "error", "debug"]) {
    logger[level] = (...parts) => note(["log", stringify(level + " " + parts.map(shown).join(" ").slice(0, 2000))]);
  }
  globalThis.console = logger;
  // A variable is the very value for the step that set it, and a copy for every other.
  const own = new Map();
  const getSharedVariable = (name) => {
    const text = getShared(String(name));
    if (text === undefined || text === null) return undefined;
    const kept = own.get(String(name));
    if (kept !== undefined && kept.text === text) return kept.value;
    return text === "" ? undefined : parse(text);
  };
  const setSharedVariable = (name, value) => {
    const text = costly(value) ?? "";
    if (!setShared(String(name), text)) throw new RangeError("there is no room for another shared variable");
    own.set(String(name), { text, value });
  };

  // The records of 2017: what is a member today was a field with methods.
  class Field {
    constructor(record, name) {
      Object.defineProperties(this, { record: { value: record }, name: { value: name } });
    }
    getName() { return this.name; }
    getValue() { return this.record[this.name]; }
    getValueAsString() { return String(this.getValue()); }
    getValueAsRecord() { return asRecord(this.getValue()); }
    getValues() { return [].concat(this.getValue()); }
    setValue(value) { this.record[this.name] = value; }
    addValue(value) {
      const there = this.getValue();
      this.record[this.name] = there === undefined || there === null ? [value] : [].concat(there, [value]);
    }
  }
  const methods = {
    containsField(name) { return Object.hasOwn(this, name); },
    getField(name) { return Object.hasOwn(this, name) ? new Field(this, name) : null; },
    addField(name, value, many) { this[name] = many === true && !Array.isArray(value) ? [value] : value; },
    removeField(name) { delete this[name]; },
  };
  function Record() {}
  for (const name of ownKeys(methods)) Object.defineProperty(Record.prototype, name, { value: methods[name] });
  const asRecord = (value) => (isRecord(value) ? Object.setPrototypeOf(value, Record.prototype) : null);
  if (legacy) globalThis.Record = Record;

  const tools = {
    next: { accept: accept("next") },
    error: { accept: accept("error") },
    logger,
    ctx: { getSharedVariable, setSharedVariable },
  };
  const current = ["record", "ctx", "logger", "next", "error"];

  // Arguments go by the names of the parameters where all are known, since their order changed over the years.
  function order(process) {
    const source = Function.prototype.toString.call(process).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
    const bare = /^\s*(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(source);
    let list = bare ? bare[1] : source.slice(source.indexOf("(") + 1, source.indexOf(")"));
    const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "");
    return names.length > 0 && names.every((name) => current.includes(name)) ? names : current;
  }

  const take = (result) => {
    if (isRecord(result)) note(["next", stringify(result)]);
    else if (result !== null && result !== undefined) throw new TypeError("process returned " + typeof result + ", not a record");
  };
  const told = (problem) => (problem instanceof Error ? String(problem) : "thrown: " + shown(problem));
  const { then } = Promise.prototype;

  return (process) => {
    if (typeof process !== "function") return null;
    const names = order(process);
    let thrown = null;
    let waiting = false;
    let turn = 0;
    const failed = (problem) => {
      waiting = false;
      thrown = told(problem);
    };
    const settled = (result) => {
      waiting = false;
      try {
        take(result);
      } catch (problem) {
        failed(problem);
      }
    };
    // The first starts on a record, the second is asked once nothing more is to be done.
    return [
      (text) => {
        effects = [];
        thrown = null;
        waiting = false;
        owed = 0;
        // What an earlier record left unfinished is no result of this one.
        const own = ++turn;
        const ours = (use) => (value) => { if (own === turn) use(value); };
        const record = text === "" ? null : legacy ? asRecord(parse(text)) : parse(text);
        const given = [];
        for (const name of names) given.push(name === "record" ? record : tools[name]);
        try {
          const result = process(...given);
          waiting = result instanceof Promise;
          if (waiting) apply(then, result, [ours(settled), ours(failed)]);
          else take(result);
        } catch (problem) {
          failed(problem);
        }
      },
      () => {
        if (waiting) failed(new Error("process waits for something that never comes"));
        const done = effects;
        effects = [];
        // Nearly every record becomes one record: that is said in the shortest way.
        if (thrown === null && done.length === 1 && done[0][0] === "next") return "=" + done[0][1];
        let all = "";
        for (const [kind, text] of done) all += (all === "" ? "" : ",") + '["' + kind + '",' + text + "]";
        return '{"effects":[' + all + '],"thrown":' + stringify(thrown) + "}";
      },
    ];
  };
})
