// Leads the connections of a Node program to the stage, since older versions know no proxy variables, and has the
// stage trusted where a program brings authorities of its own. The name that is asked for stays the name in TLS, so
// the stage knows whom it speaks for; behind ports that are not the web's it is asked before.
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

const connect = net.Socket.prototype.connect;
const drop = { 21: process.env.FTP_PORT, 22: process.env.SFTP_PORT };

// Finds the stage in the place of a host, if the stage has an answer for that port: what speaks neither HTTP nor TLS
// does not say there whom it means, and would not understand the refusal.
function asked(host, service) {
  return (name, options, found) => {
    const asking = new net.Socket();
    let told = '';
    asking.setEncoding('utf8');
    asking.on('connect', () => {
      asking.write(`CONNECT ${net.isIPv6(host) ? `[${host}]` : host}:${service} HTTP/1.1\r\n\r\n`);
    });
    asking.on('data', (text) => {
      told += text;
      if (told.startsWith('HTTP/1.1 200 ')) asking.destroy();
    });
    asking.on('error', () => {});
    asking.on('close', () => {
      if (told.startsWith('HTTP/1.1 200 ')) {
        found(null, options.all ? [{ address: stage, family: 4 }] : stage, 4);
        return;
      }
      const words = told.split('\r\n\r\n')[1] || 'the stage does not answer';
      const refused = { code: 'ECONNREFUSED', syscall: 'connect', address: host, port: service };
      found(Object.assign(new Error(`connect ECONNREFUSED ${host}:${service}: ${words}`), refused));
    });
    connect.call(asking, Number(port), stage);
  };
}

function led(options) {
  const { host } = options;
  if (typeof host !== 'string' || host === '' || elsewhere(host)) return options;
  const service = Number(options.port);
  if (!(service > 0) || service === 80 || service === 443) {
    return { ...options, host: stage, port: Number(port) };
  }
  // An address is not looked up, a name is.
  const name = net.isIP(host) ? 'address.invalid' : host;
  return { ...options, host: name, port: Number(drop[service] ?? port), lookup: asked(host, service) };
}

net.Socket.prototype.connect = function (...args) {
  const [first, host] = args;
  if (Array.isArray(first)) {
    // Node's own form of what `net.connect` was given.
    if (first[0] && typeof first[0] === 'object') first[0] = led(first[0]);
  } else if (first && typeof first === 'object') {
    args[0] = led(first);
  } else if (typeof host === 'string' && !elsewhere(host)) {
    args.splice(0, 2, led({ port: first, host }));
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
