// A picture of who called whom, drawn from entries of the journal.
import { hop } from '/stage/api.js';

const ORDER = ['participant', 'browser', 'client', 'operator', 'login-page', 'qualifio', 'push', 'gigya', 'dataflow', 'drop', 'eloqua import', 'eloqua'];
const WIDTH = 150;
const ROW = 34;
const TOP = 44;
const LEFT = 130;
const LONGEST = 44;

function s(name, attributes = {}, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}\u2026` : text);

// The picture of these entries; every line of it also stands in the list below, which is what readers of other
// kinds use.
export function picture(entries) {
  const hops = entries.map((entry) => ({ ...hop(entry), at: entry.at, seq: entry.seq }));
  const met = [...new Set(hops.flatMap(({ from, to }) => [from, to]))];
  const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.indexOf('dataflow') + 0.5);
  const lanes = met.sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  const x = (name) => LEFT + WIDTH / 2 + lanes.indexOf(name) * WIDTH;
  const height = TOP + hops.length * ROW + 16;
  const width = LEFT + lanes.length * WIDTH + 40;
  const svg = s('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Sequence of ${hops.length} steps between ${lanes.join(', ')}` });
  for (const lane of lanes) {
    svg.append(s('line', { class: 'lane', x1: x(lane), y1: TOP - 10, x2: x(lane), y2: height }));
    svg.append(s('text', { class: 'head', x: x(lane), y: 22, 'text-anchor': 'middle' }, short(lane, 20)));
  }
  hops.forEach(({ from, to, text, bad, tail, at, seq }, index) => {
    const y = TOP + index * ROW + 22;
    const group = s('g', bad ? { class: 'bad' } : {});
    group.append(s('title', {}, `${seq}. ${from} to ${to}: ${text} (${tail})`));
    group.append(s('text', { class: 'soft', x: 8, y }, at.slice(11, 23)));
    const [a, b] = [x(from), x(to)];
    if (from === to) {
      group.append(s('circle', { class: 'note', cx: a, cy: y - 4, r: 4 }));
      group.append(s('text', { x: a + 10, y }, short(text, LONGEST)));
    } else {
      const right = b > a ? 1 : -1;
      group.append(s('line', { class: 'arrow', x1: a, y1: y, x2: b - right * 7, y2: y }));
      group.append(s('path', { class: 'tip', d: `M ${b} ${y} l ${-8 * right} -4 l 0 8 z` }));
      const room = Math.max(16, Math.floor(Math.abs(b - a) / 7));
      group.append(s('text', { x: (a + b) / 2, y: y - 5, 'text-anchor': 'middle' }, short(text, room)));
    }
    svg.append(group);
  });
  return svg;
}
