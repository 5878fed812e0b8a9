// Leads the connections of a Node program to the stage, since older versions know no proxy variables, and has the
// stage trusted where a program brings authorities of its own. The name that is asked for stays the name in TLS, so
// the stage knows whom it speaks for.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const tls = require('node:tls');
const [stage, port] = process.env.STANDIN_TLS.split(':');
const allowed = new Set((process.env.STANDIN_ALLOW ?? '').split(',').filter(Boolean));

function elsewhere(host) {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return /^(localhost|.*\.localhost|127\.[\d.]+|0\.0\.0\.0|::1?|::ffff:127\..*)$/.test(name) || allowed.has(name);
}

function led(options) {
  const away = typeof options.host === 'string' && options.host !== '' && !elsewhere(options.host);
  return away ? { ...options, host: stage, port: Number(port) } : options;
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [first, host] = args;
  if (Array.isArray(first)) {
    // Node's own form of what `net.connect` was given.
    if (first[0] && typeof first[0] === 'object') first[0] = led(first[0]);
  } else if (first && typeof first === 'object') {
    args[0] = led(first);
  } else if (typeof host === 'string' && !elsewhere(host)) {
    args.splice(0, 2, Number(port), stage);
  }
  return connect.apply(this, args);
};

const authority = fs.readFileSync(process.env.STANDIN_CA_FILE);
const createSecureContext = tls.createSecureContext;
tls.createSecureContext = function (options) {
  const made = createSecureContext.call(this, options);
  if (options?.ca) made.context.addCACert(authority);
  return made;
};
