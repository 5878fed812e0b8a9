// Leads the connections of a Node program to the stage, since older versions know no proxy variables. The name that
// is asked for stays the name in TLS, so the stage knows whom it speaks for.
'use strict';
const net = require('node:net');
const [host, port] = process.env.STANDIN_TLS.split(':');
const elsewhere = new Set(['localhost', '127.0.0.1', '::1', ...(process.env.STANDIN_ALLOW ?? '').split(',')]);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && typeof options === 'object' && options.host && !elsewhere.has(options.host.toLowerCase())) {
    Object.assign(options, { host, port: Number(port) });
  }
  return connect.apply(this, args);
};
