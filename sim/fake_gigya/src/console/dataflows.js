// IdentitySync: dataflows, when they run, and what their jobs did.
import { h, confirmed, facts, field, form, message, notice, table } from '/console/console.js';
import { badge, json, method, own, quoted, time } from '/console/gigya-api.js';

const search = async (query) => (await method('idx.search', { query })).result ?? [];
const STATES = { succeeded: 'good', failed: 'bad', stopped: 'soft', running: 'soft' };
const state = (job) => badge(STATES[job.status] ?? 'soft', job.status);
const toFlow = (id, tail = '') => `#dataflows/${encodeURIComponent(id)}${tail}`;

async function list(body) {
  const flows = await search('SELECT * FROM dataflow');
  const drafts = await search('SELECT * FROM dataflow_draft');
  body.append(table('Dataflows', [
    ['Dataflow', (it) => (it.status === 'draft' ? it.name : h('a', { href: toFlow(it.id) }, it.name))],
    ['Status', (it) => it.status], ['Version', (it) => String(it.version)],
    ['Steps', (it) => String(it.steps?.length ?? 0)], ['Last successful run', (it) => time(it.lastRuntime) || 'none yet'],
  ], [...flows, ...drafts], 'The site has no dataflow yet.'));
}

function schedules(id, rows, act) {
  return table('Schedules', [
    ['Name', (it) => it.name], ['Runs', (it) => (it.frequencyType === 'once' ? 'once' : `every ${it.frequencyInterval ?? 1} ${it.frequencyType}(s)`)],
    ['Extract', (it) => (it.fullExtract ? 'full' : 'what changed')], ['Next start', (it) => time(it.nextJobStartTime)],
    ['State', (it) => (it.enabled ? it.schedulingStatus : 'off')],
    ['Action', (it) => h('span', { class: 'row' },
      h('button', {
        type: 'button', class: 'plain',
        onclick: act(async () => { await method('idx.setScheduling', { data: { ...it, enabled: !it.enabled } }); return it.enabled ? 'The schedule is off.' : 'The schedule is on.'; }),
      }, it.enabled ? 'Switch off' : 'Switch on'),
      h('button', {
        type: 'button', class: 'plain',
        onclick: act(async () => {
          if (!await confirmed(`Delete the schedule ${it.name ?? it.id}?`, 'Delete')) return null;
          await method('idx.deleteScheduling', { id: it.id });
          return 'The schedule is deleted.';
        }),
      }, 'Delete'))],
  ], rows, 'It runs on no schedule.');
}

async function flow(body, id) {
  const { dataflow } = await method('idx.getDataflow', { id }).then((answer) => ({ dataflow: answer.dataflow ?? answer.data ?? answer }));
  const jobs = (await search(`SELECT * FROM idx_job_status WHERE dataflowId = ${quoted(id)} ORDER BY startTime DESC LIMIT 50`));
  const planned = await search(`SELECT * FROM scheduling WHERE dataflowId = ${quoted(id)}`);
  const again = async (text) => {
    body.replaceChildren();
    await flow(body, id);
    if (text) body.prepend(notice('good', text));
  };
  const act = (work) => async () => {
    try { const text = await work(); if (text) await again(text); } catch (refused) { body.prepend(notice('error', message(refused))); }
  };
  body.append(
    h('p', {}, h('a', { href: '#dataflows' }, 'All dataflows')),
    facts([['Dataflow', dataflow.name], ['ID', h('code', {}, id)], ['Description', dataflow.description],
      ['Version', String(dataflow.version)], ['Last successful run', time(dataflow.lastRuntime) || 'none yet']]),
    h('h2', {}, 'Run now'),
    form('run', [
      field('Full extract', { name: 'full', type: 'checkbox', hint: 'Everything, and not only what changed since the last successful run.' }),
      field('At most', { name: 'limit', inputmode: 'numeric', placeholder: '10', hint: 'Records, for a try. Nothing stands for all.' }),
      h('button', {}, 'Start a job'),
    ], async ({ full, limit }) => {
      const data = { name: 'run by hand', dataflowId: id, frequencyType: 'once', fullExtract: full, ...(limit.trim() ? { limit: Number(limit) } : {}) };
      await method('idx.createScheduling', { data });
      await again('The job starts. Look again in a moment.');
    }),
    h('h2', {}, 'Jobs'),
    h('div', { class: 'row' }, h('button', { type: 'button', class: 'plain', id: 'refresh', onclick: act(async () => 'This is how it stands now.') }, 'Look again')),
    table('Jobs, newest first', [
      ['Job', (it) => h('a', { href: toFlow(id, `/jobs/${encodeURIComponent(it.id)}`) }, it.id.slice(0, 8))],
      ['State', state], ['Started', (it) => time(it.startTime)], ['Ended', (it) => time(it.endTime)],
      ['Records', (it) => String(it.processedRecords)], ['Attempt', (it) => String(it.attemptNumber)],
      ['Action', (it) => (it.status === 'running'
        ? h('button', { type: 'button', class: 'plain', onclick: act(async () => { await own('POST', '/console/jobs/stop', { id: it.id }); return 'The job is stopped.'; }) }, 'Stop')
        : '')],
    ], jobs, 'It has not run yet.'),
    h('h2', {}, 'Schedules'), schedules(id, planned, act),
    form('schedule', [
      field('Name', { name: 'name', value: 'regular run' }),
      field('Every', { name: 'interval', value: '1', inputmode: 'numeric' }),
      field('Unit', { name: 'unit', value: 'day', options: ['minute', 'hour', 'day', 'week', 'month'].map((it) => [it, it]) }),
      field('First start, UTC', { name: 'start', placeholder: '2026-01-05 08:00:00', hint: 'Nothing stands for now.' }),
      field('Mail on failure', { name: 'mail', type: 'email' }),
      h('button', {}, 'Add a schedule'),
    ], async ({ name, interval, unit, start, mail }) => {
      const data = {
        name, dataflowId: id, frequencyType: unit, frequencyInterval: interval.trim(),
        ...(start.trim() ? { nextJobStartTime: start.trim() } : {}), ...(mail.trim() ? { failureEmailNotification: mail.trim() } : {}),
      };
      await method('idx.createScheduling', { data });
      await again('The schedule is added.');
    }, (refused) => {
      const text = message(refused);
      const named = { frequencyInterval: 'interval', nextJobStartTime: 'start' };
      const found = Object.keys(named).find((member) => text.includes(member));
      return [found ? named[found] : null, text];
    }),
    h('h2', {}, 'Steps'),
    table('Steps', [
      ['Step', (it) => it.id], ['Type', (it) => it.type], ['Next', (it) => (it.next ?? []).join(', ')], ['On error', (it) => (it.error ?? []).join(', ')],
    ], dataflow.steps ?? []),
    h('details', {}, h('summary', {}, 'The document, secrets masked'), json(dataflow, `Dataflow ${dataflow.name}`)));
}

async function job(body, id, jobId) {
  const [found] = await search(`SELECT * FROM idx_job_status WHERE id = ${quoted(jobId)} LIMIT 1`);
  body.append(h('p', {}, h('a', { href: toFlow(id) }, 'The dataflow')));
  if (!found) return body.append(notice('error', 'There is no such job, or no longer.'));
  const metrics = Array.isArray(found.metrics) ? found.metrics : [];
  const names = [...new Set(metrics.flatMap((it) => Object.keys(it)))];
  const cell = (value) => (value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value ?? ''));
  body.append(
    facts([['Job', h('code', {}, found.id)], ['Dataflow', found.dataflowName], ['State', state(found)], ['Started', time(found.startTime)],
      ['Ended', time(found.endTime)], ['Records', String(found.processedRecords)], ['Attempt', String(found.attemptNumber)]]),
    h('h2', {}, 'Counters'),
    table('What each step counted', names.map((name) => [name, (it) => cell(it[name])]), metrics, 'No step has counted yet.'),
    h('h2', {}, 'Trace'),
    (found.trace ?? []).length
      ? h('pre', { tabindex: '0', role: 'region', 'aria-label': 'Trace' }, found.trace.join('\n'))
      : h('p', { class: 'empty' }, 'The trace is empty.'));
}

export const dataflowsView = {
  path: 'dataflows', title: 'IdentitySync',
  show: (body, rest) => {
    const [id, jobs, jobId] = rest.split('/');
    if (!id) return list(body);
    return jobs === 'jobs' ? job(body, id, jobId) : flow(body, id);
  },
};
