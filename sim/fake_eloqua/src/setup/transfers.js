// What came in and went out: the Bulk API's definitions and syncs, and the instance's own jobs over SFTP.
import { h, facts, message, notice, table } from '/console/console.js';
import { api, badge, bulk, time } from '/setup/api.js';

const STATES = { success: 'good', warning: 'bad', error: 'bad', failed: 'bad' };
const state = (word) => badge(STATES[word] ?? 'soft', word);
const all = async (path) => (await bulk(`${path}?limit=1000`)).items ?? [];

function definitions(caption, rows) {
  return table(caption, [
    ['Name', (it) => it.name], ['URI', (it) => h('code', {}, it.uri)],
    ['Keyed by', (it) => (it.identifierFieldName ? h('code', {}, it.identifierFieldName) : '')],
    ['Columns', (it) => h('details', {}, h('summary', {}, String(Object.keys(it.fields ?? {}).length)),
      Object.entries(it.fields ?? {}).map(([name, statement]) => h('div', {}, h('code', {}, `${name}: ${statement}`))))],
    ['Created', (it) => time(it.createdAt)],
  ], rows, 'None is defined.');
}

async function transfers(body) {
  const [imports, exports, syncs] = await Promise.all([all('/imports'), all('/exports'), all('/syncs')]);
  body.append(
    h('h2', {}, 'Imports'), definitions('Import definitions', imports),
    h('h2', {}, 'Exports'), definitions('Export definitions', exports),
    h('h2', {}, 'Syncs'),
    table('Syncs, newest first', [
      ['Sync', (it) => h('a', { href: `#bulk${it.uri}` }, it.uri)], ['Of', (it) => h('code', {}, it.syncedInstanceUri)],
      ['State', (it) => state(it.status)], ['Started', (it) => time(it.syncStartedAt)], ['Ended', (it) => time(it.syncEndedAt)],
      ['By', (it) => it.createdBy],
    ], syncs.reverse(), 'Nothing was synced yet.'));
}

async function sync(body, uri) {
  const [it, logs, rejects] = await Promise.all([bulk(uri), all(`${uri}/logs`), all(`${uri}/rejects`)]);
  body.append(
    h('p', {}, h('a', { href: '#bulk' }, 'All transfers')),
    facts([['Sync', it.uri], ['Of', it.syncedInstanceUri], ['State', state(it.status)], ['Started', time(it.syncStartedAt)], ['Ended', time(it.syncEndedAt)]]),
    table('Log', [
      ['Code', (log) => log.statusCode], ['Severity', (log) => log.severity], ['Count', (log) => String(log.count)], ['Message', (log) => log.message],
    ], logs, 'The log is empty.'),
    table('Rejected rows', [
      ['Row', (row) => String(row.recordIndex)], ['Code', (row) => row.statusCode], ['Why', (row) => row.message],
      ['Fields', (row) => (row.invalidFields ?? []).join(', ')],
    ], rejects, 'No row was rejected.'));
}

const every = (seconds) => (seconds === null ? 'by hand' : seconds % 3600 === 0 ? `every ${seconds / 3600} h` : `every ${seconds} s`);

async function jobs(body) {
  const told = await api('GET', '/setup/runs');
  body.append(
    table('Imports and exports over SFTP', [
      ['Name', (it) => it.name], ['Direction', (it) => it.direction], ['Server', (it) => it.server],
      ['Files', (it) => h('code', {}, `${it.folder}/${it.file}`)],
      ['Matched on', (it) => (it.key ? h('code', {}, it.key) : it.changedOnly ? 'what changed' : '')], ['Runs', (it) => every(it.everySeconds)],
    ], told.jobs, 'There is no import or export over SFTP.'),
    h('h2', {}, 'Run history'),
    table('Runs, newest first', [
      ['Run', (it) => h('a', { href: `#jobs/${it.id}` }, `${it.job} ${it.id}`)], ['State', (it) => state(it.status)],
      ['Started', (it) => time(it.started)], ['Files', (it) => it.files.join(', ')], ['Rows', (it) => counts(it)],
    ], [...told.runs].reverse(), 'Nothing has run yet.'));
}

const counts = (it) => ['in', 'created', 'updated', 'unchanged', 'deleted', 'rejected', 'rows', 'out']
  .filter((name) => typeof it[name] === 'number').map((name) => `${name} ${it[name]}`).join(', ');

async function run(body, id) {
  const { runs } = await api('GET', '/setup/runs');
  const it = runs.find((one) => String(one.id) === id);
  body.append(h('p', {}, h('a', { href: '#jobs' }, 'All runs')));
  if (!it) return body.append(notice('error', 'There is no such run, or no longer.'));
  body.append(
    facts([['Job', it.job], ['Kind', it.kind], ['State', state(it.status)], ['Failure', it.failure], ['Started', time(it.started)],
      ['Ended', time(it.ended)], ['Files', it.files.join(', ')], ['Rows', counts(it)]]),
    h('h2', {}, 'Rejected rows'),
    table('Rejected rows', [['Row', (row) => h('code', {}, JSON.stringify(row))]], it.rejects ?? [], 'No row was rejected.'),
    h('h2', {}, 'Remarks'),
    table('Remarks', [['Remark', (note) => note]], it.notes ?? [], 'There is no remark.'));
}

const guarded = (work) => async (body, rest) => {
  try { await work(body, rest); } catch (refused) { body.replaceChildren(notice('error', message(refused))); }
};

export const bulkView = {
  path: 'bulk', title: 'Bulk imports and exports',
  show: guarded((body, rest) => (rest ? sync(body, `/${rest}`) : transfers(body))),
};
export const jobsView = { path: 'jobs', title: 'SFTP imports and exports', show: guarded((body, id) => (id ? run(body, id) : jobs(body))) };
