// The frame: the clock, where to go, and whether anything happened.
import { h, route } from '/console/console.js';
import { changed, get, time, whenChanged } from '/stage/api.js';
import { overviewView } from '/stage/overview.js';
import { peopleView } from '/stage/people.js';
import { journalView, sequenceView } from '/stage/journal.js';

const PAUSE = 1500;
const VIEWS = [overviewView, peopleView, sequenceView, journalView];
const now = document.getElementById('now');
const live = document.getElementById('live');
const quiet = (view) => ({ ...view, show: (body, rest) => { whenChanged(null); return view.show(body, rest); } });

document.getElementById('menu').append(...VIEWS.map((view) => h('li', {}, h('a', { href: `#${view.path}` }, view.title))));

let seen = 0;
async function pulse() {
  if (live.checked && !document.hidden) {
    try {
      const told = await get('/pulse');
      now.textContent = `${time(told.now).slice(0, 19)} UTC`;
      if (seen && told.next !== seen) await changed();
      seen = told.next;
    } catch {
      now.textContent = 'The stage does not answer.';
    }
  }
  setTimeout(pulse, PAUSE);
}

await route(document.getElementById('main'), VIEWS.map(quiet));
pulse();
