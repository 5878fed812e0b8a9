// The steps of a campaign, its questions, and its form with fields and opt-ins.
import { field, form, h, notice, table } from '/console/console.js';
import { api, place, refresh, say, session } from './api.js';

const STEPS = { intro: 'Welcome screen', questionset: 'Interaction', identityset: 'Form', exit: 'Exit screen' };

export function showSteps(body, campaign) {
  body.append(h('ol', {}, campaign.steps.map((step) => h('li', {}, `${STEPS[step] ?? step} (${step})`))));
  if (!session.may.campaigns) return questionTable(body, campaign);
  const has = (step) => campaign.steps.includes(step);
  const formFirst = has('identityset') && has('questionset') && campaign.steps.indexOf('identityset') < campaign.steps.indexOf('questionset');
  const questions = entries('questions', 'Question', campaign.questions.map(questionEntry), () => questionEntry({}));
  body.append(form('steps', [
    field('Welcome screen', { name: 'intro', type: 'checkbox', checked: has('intro') }),
    field('Interaction', { name: 'interaction', type: 'checkbox', checked: has('questionset') }),
    campaign.mode === 'identified'
      ? field('Place of the form', { name: 'order', value: formFirst ? 'before' : 'after', options: [['after', 'After the interaction'], ['before', 'Before the interaction']],
        hint: 'Single sign-on comes right before the form, wherever that stands.' })
      : null,
    h('h2', {}, 'Questions'),
    questions.element,
    h('div', { class: 'row' }, h('button', {}, 'Save')),
  ], async (values) => {
    const middle = [values.interaction ? 'questionset' : null, campaign.mode === 'identified' ? 'identityset' : null];
    if (values.order === 'before') middle.reverse();
    const steps = [values.intro ? 'intro' : null, ...middle, 'exit'].filter(Boolean);
    await api('PUT', `campaigns/${campaign.id}`, { steps, questions: questions.values().map(questionValue) });
    say('good', 'Saved.');
    refresh();
  }, placed(questions)));
}

function questionTable(body, campaign) {
  body.append(table('Questions', [
    ['Question', (one) => one.label],
    ['Answers', (one) => one.answers.join(', ')],
  ], campaign.questions, 'There is no question.'));
}

function questionEntry(question) {
  return (of) => ({
    id: question.id,
    title: question.label ?? 'new',
    first: 'label',
    controls: [
      field('Question', { name: of('label'), value: question.label }),
      field('Answers', { name: of('answers'), rows: '3', value: (question.answers ?? []).join('\n'), hint: 'One a line. Without any, people write their own.' }),
      field('Right answer', { name: of('correct'), value: question.correct }),
      field('Variable', { name: of('variable'), value: question.variable, autocomplete: 'off', hint: 'The technical name that keeps the answer, if any.' }),
      field('Points', { name: of('score'), type: 'number', min: '0', value: String(question.score ?? 50) }),
    ],
    kept: rest(question, ['id', 'name', 'label', 'answers', 'correct', 'score', 'variable']),
  });
}

function questionValue({ id, kept, values }) {
  return {
    ...id, ...kept, label: values.label, answers: nonEmptyLines(values.answers), correct: values.correct || null,
    variable: values.variable || null, score: Number(values.score || 0),
  };
}

const VARIABLES = ['username', 'firstname', 'lastname', 'email', 'address', 'zipcode', 'locality', 'country', 'phone', 'birthday', 'gender'];

export function showForm(body, campaign) {
  if (campaign.mode !== 'identified') {
    body.append(notice('info', 'An anonymous campaign has no form.'));
    return;
  }
  if (campaign.sso.enabled) {
    body.append(notice('info', 'With single sign-on the e-mail address is Gigya’s, and its field is not shown to participants.'));
  }
  if (!session.may.campaigns) return formTable(body, campaign);
  const fields = entries('fields', 'Field', campaign.fields.map(fieldEntry), () => fieldEntry({}));
  const optins = entries('optins', 'Opt-in', campaign.optins.map(optinEntry), () => optinEntry({}));
  body.append(form('form-step', [
    h('datalist', { id: 'variables' }, VARIABLES.map((name) => h('option', { value: name }))),
    h('h2', {}, 'Fields'),
    h('p', { class: 'hint' }, 'Every form has at least firstname, lastname and email. Fields on other variables stay in Qualifio.'),
    fields.element,
    h('h2', {}, 'Opt-ins'),
    h('p', { class: 'hint' }, 'Opt-ins are kept in the statistics and never pushed to Gigya.'),
    optins.element,
    h('div', { class: 'row' }, h('button', {}, 'Save')),
  ], async () => {
    await api('PUT', `campaigns/${campaign.id}`, {
      fields: fields.values().map(fieldValue), optins: optins.values().map(optinValue),
    });
    say('good', 'Saved.');
    refresh();
  }, placed(fields, optins)));
}

function formTable(body, campaign) {
  body.append(table('Fields', [
    ['Label', (one) => one.label],
    ['Variable', (one) => one.variable],
    ['Type', (one) => one.type],
    ['Mandatory', (one) => (one.mandatory ? 'yes' : 'no')],
    ['Hidden', (one) => (one.hidden ? 'yes' : 'no')],
  ], campaign.fields), table('Opt-ins', [
    ['Label', (one) => one.label],
    ['Variable', (one) => one.variable],
    ['Mandatory', (one) => (one.mandatory ? 'yes' : 'no')],
  ], campaign.optins, 'There is no opt-in.'));
}

function fieldEntry(given) {
  return (of) => ({
    id: given.id,
    title: given.label ?? 'new',
    first: 'variable',
    controls: [
      field('Variable', { name: of('variable'), value: given.variable, list: 'variables', autocomplete: 'off', hint: 'A standard variable, or the technical name of your own.' }),
      field('Label', { name: of('label'), value: given.label }),
      field('Mandatory', { name: of('mandatory'), type: 'checkbox', checked: given.mandatory }),
      field('Hidden', { name: of('hidden'), type: 'checkbox', checked: given.hidden }),
      h('details', {}, h('summary', {}, 'Entry mask, error message, choices'), h('div', { class: 'entry' },
      field('Entry mask', { name: of('mask'), value: given.mask, hint: '9 is a digit, A a letter: 999AAA.' }),
      field('Error message', { name: of('message'), value: given.message }),
      field('Choices', { name: of('options'), rows: '3', value: (given.options ?? []).map(choiceLine).join('\n'),
        hint: 'One a line: value, or value | label. A gender may add Gigya’s letter: X | Other | u.' }))),
    ],
    kept: given,
  });
}

function choiceLine({ value, label, gigya }) {
  return gigya ? `${value} | ${label} | ${gigya}` : label === value ? value : `${value} | ${label}`;
}

function choice(line) {
  const [value, label, gigya] = line.split('|').map((part) => part.trim());
  return { value, ...(label ? { label } : {}), ...(gigya ? { gigya } : {}) };
}

function fieldValue({ id, kept, values }) {
  return {
    ...id, ...(values.variable === kept.variable ? { type: kept.type } : {}), variable: values.variable, label: values.label || null, mask: values.mask || null, message: values.message || null,
    options: nonEmptyLines(values.options).map(choice), mandatory: values.mandatory, hidden: values.hidden,
  };
}

function optinEntry(given) {
  return (of) => ({
    id: given.id,
    title: given.label ?? 'new',
    first: 'variable',
    controls: [
      field('Technical name', { name: of('variable'), value: given.variable, autocomplete: 'off' }),
      field('Label', { name: of('label'), value: given.label }),
      field('Description', { name: of('description'), value: given.description }),
      field('Categories', { name: of('categories'), rows: '2', value: (given.categories ?? []).map(({ technicalName }) => technicalName).join('\n'), hint: 'One technical name a line.' }),
      field('Mandatory', { name: of('mandatory'), type: 'checkbox', checked: given.mandatory }),
    ],
    kept: {
      ...rest(given, ['id', 'name', 'variable', 'label', 'description', 'mandatory', 'categories']),
      categories: (given.categories ?? []).map(category),
    },
  });
}

// The API takes a category's technical name as `name`.
function category({ id, label, technicalName, parent }) {
  return { id, label, name: technicalName, ...(parent ? { parent: category(parent) } : {}) };
}

function optinValue({ id, kept, values }) {
  // A category that was there before keeps what else is known of it.
  const categories = nonEmptyLines(values.categories).map((name) => kept.categories.find((one) => one.name === name) ?? name);
  return { ...id, ...kept, categories, variable: values.variable, label: values.label || null, description: values.description, mandatory: values.mandatory };
}

// What this page does not edit goes back as it came.
function rest(given, edited) {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !edited.includes(name)));
}

function nonEmptyLines(text) {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

// A list of entries that can be added, moved up and removed. Each keeps a key of its own in the names of its
// controls; `place` finds the control that the API calls by position.
function entries(list, word, makers, blank) {
  let shown = [];
  let keys = 0;
  const holder = h('div', {});
  const draw = () => {
    holder.replaceChildren(...shown.map(({ box }) => box));
    for (const [at, { box, title }] of shown.entries()) {
      box.querySelector('legend').textContent = `${word} ${at + 1}: ${title}`;
      box.querySelector('button.up').disabled = at === 0;
    }
  };
  const add = (maker) => {
    const key = keys++;
    const entry = { key, ...maker((name) => `${list}-${key}-${name}`) };
    const up = h('button', { type: 'button', class: 'plain up', onclick: () => {
      const at = shown.indexOf(entry);
      shown.splice(at - 1, 0, ...shown.splice(at, 1));
      draw();
      up.focus();
    } }, 'Move up');
    const remove = h('button', { type: 'button', class: 'plain', onclick: () => {
      shown = shown.filter((other) => other !== entry);
      draw();
      adder.focus();
    } }, 'Remove');
    entry.box = h('fieldset', {}, h('legend', {}), h('div', { class: 'entry' }, entry.controls, h('div', { class: 'row' }, up, remove)));
    shown.push(entry);
    return entry;
  };
  const adder = h('button', { type: 'button', class: 'plain', onclick: () => {
    const { box } = add(blank());
    draw();
    box.querySelector('input, textarea, select').focus();
  } }, `Add ${word.toLowerCase()}`);
  makers.forEach(add);
  draw();
  return {
    element: h('div', {}, holder, h('div', { class: 'row' }, adder)),
    place: (name) => {
      const [, at, part] = name?.match(new RegExp(`^${list}-(\\d+)(-.*)?$`)) ?? [];
      return shown[at] ? `${list}-${shown[at].key}${part ?? `-${shown[at].first}`}` : name;
    },
    values: () => shown.map(({ id, kept, box }) => ({
      id: id === undefined ? {} : { id },
      kept,
      values: Object.fromEntries([...box.querySelectorAll('input, textarea, select')]
        .map((control) => [control.name.split('-').at(-1), control.type === 'checkbox' ? control.checked : control.value])),
    })),
  };
}

// Refusals at the controls of such lists.
function placed(...lists) {
  return (refused) => {
    const [name, text] = place(refused);
    let control = lists.reduce((name, list) => list.place(name), name);
    // A place within a choice belongs to the control that holds all choices.
    while (control?.includes('-') && !document.getElementById(`field-${control}`)) control = control.replace(/-[^-]*$/, '');
    document.getElementById(`field-${control}`)?.closest('details')?.setAttribute('open', '');
    return [control, text];
  };
}
