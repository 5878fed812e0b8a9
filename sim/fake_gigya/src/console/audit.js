// The audit log: who called what, and how it ended.
import { h, facts, field, form, message, notice, pager, table } from '/console/console.js';
import { badge, json, method, quoted, time } from '/console/gigya-api.js';

const SIZE = 25;

async function show(body) {
  const found = h('div', {});
  const told = h('div', { role: 'status' });
  let filter = {};
  const tell = (refused) => found.replaceChildren(notice('error', message(refused)));
  const look = async (start) => {
    const parts = [];
    if (filter.uid) parts.push(`uid = ${quoted(filter.uid)}`);
    if (filter.endpoint) parts.push(`endpoint = ${quoted(filter.endpoint.toLowerCase())}`);
    if (filter.failed) parts.push('errCode != "0"');
    const where = parts.length ? `WHERE ${parts.join(' AND ')} ` : '';
    const query = `SELECT * FROM auditLog ${where}ORDER BY "@timestamp" DESC START ${start} LIMIT ${SIZE}`;
    const page = await method('audit.search', { query });
    found.replaceChildren(
      table('Calls, newest first', [
        ['Time', (it) => time(it['@timestamp'])],
        ['Method', (it) => h('button', { type: 'button', class: 'plain', onclick: () => whole(it) }, it.endpoint)],
        ['Result', (it) => badge(it.errCode === '0' ? 'good' : 'bad', it.errCode === '0' ? 'OK' : `${it.errCode} ${it.errMessage}`)],
        ['UID', (it) => it.uid], ['Key', (it) => it.userKey], ['From', (it) => it.sourceIP],
      ], page.results ?? [], 'No such call was logged.'),
      page.totalCount > 0 ? pager(start, SIZE, page.totalCount, (to) => look(to).catch(tell)) : '');
  };
  const whole = (entry) => {
    told.replaceChildren(h('h2', {}, `The call of ${time(entry['@timestamp'])}`),
      facts([['Method', entry.endpoint], ['Call', h('code', {}, entry.callID)], ['Details', entry.errDetails]]), json(entry, 'The whole entry'));
    told.scrollIntoView({ block: 'nearest' });
  };
  body.append(
    form('filter', [
      h('div', { class: 'columns' },
        field('UID', { name: 'uid' }), field('Method', { name: 'endpoint', placeholder: 'accounts.login' })),
      field('Refused calls only', { name: 'failed', type: 'checkbox' }),
      h('button', {}, 'Filter'),
    ], async (values) => {
      filter = { uid: values.uid.trim(), endpoint: values.endpoint.trim(), failed: values.failed };
      told.replaceChildren();
      await look(0);
    }, () => null, { light: true }),
    found, told);
  await look(0);
}

export const auditView = { path: 'audit', title: 'Audit log', show };
