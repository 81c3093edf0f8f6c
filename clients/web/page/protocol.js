// What the protocol wants next, how many steps are still needed, and the treatment's clock. Members that are not there are not shown.
const $ = (id) => document.getElementById(id);

export const clock = (seconds) => {
  const s = Math.max(0, Math.round(seconds)), two = (n) => String(n).padStart(2, '0');
  return s < 3600 ? `${two(Math.floor(s / 60))}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
};

// The counts of a foot in the cell at work; null: no protocol counts.
export function cellOf(quality, foot) {
  return quality?.cells?.find((c) => c.foot === foot && c.timepoint === quality.timepoint && c.condition === quality.condition) ?? null;
}

// The window that steps must lie in, of a foot: {low, high, by, percent}; null: not known yet.
export function windowOf(quality, foot) {
  const w = quality?.window, of = w?.[foot];
  return of?.low == null || of.high == null ? null : { low: of.low, high: of.high, by: w.by, percent: w.percent };
}

// In the words of the page, whose buttons do it; everything else in the daemon's.
const own = { treatment_start: 'Start the treatment.', treatment_stop: 'The treatment is under way: stop it when it ends.', oil: 'Wipe the feet, and say so.', close: 'All done: close the session.' };

// at: milliseconds since the status came, so that clocks run on between two of them.
export function showProtocol(session, at) {
  const next = session?.next, treatment = session?.treatment, quality = session?.quality, protocol = session?.protocol;
  $('next').hidden = !next && !treatment && !protocol;
  if ($('next').hidden) return;
  const late = at / 1000, wait = next?.do === 'wait' && next.wait_s > 0 ? Math.max(0, next.wait_s - late) : 0;
  const text = next ? `${own[next.do] ?? next.text}${wait ? ` (${clock(wait)})` : ''}` : 'Nothing: the protocol says no more.';
  if ($('next-text').textContent !== text) $('next-text').textContent = text;
  $('next-foot').textContent = next?.foot ? `${next.foot} foot` : '';
  $('next-foot').className = next?.foot ? `side-${next.foot}` : '';
  const running = treatment?.state === 'running', seconds = running ? treatment.running_s : treatment?.since_s;
  $('clock').hidden = seconds == null;
  $('clock-title').textContent = running ? `Treatment ${treatment.n ?? ''}` : 'Since treatment';
  $('clock-time').textContent = seconds == null ? '' : clock(seconds + late);
  $('clock-of').textContent = running && treatment.planned_min ? `of ${treatment.planned_min} min planned` : '';
  $('clock').classList.toggle('over', running && !!treatment.planned_min && seconds + late > 60 * treatment.planned_min);
  const warnings = [quality?.text, ...(quality?.warnings ?? []), session.locked ? `The session is locked.${protocol?.arm ? ` Treatment ${protocol.arm}.` : ''}` : session.blind ? 'Blind: names and numbers of the treatment are hidden.' : ''].filter(Boolean);
  $('next-quality').textContent = warnings.join('; ');
  showTimepoints(protocol?.timepoints ?? []);
}

const words = { done: 'done', now: 'now', later: 'later', waiting: 'waiting', missed: 'missed' };

function showTimepoints(timepoints) {
  const items = timepoints.map((t) => {
    const li = document.createElement('li');
    li.className = t.state;
    li.textContent = `${t.timepoint} ${t.passes ?? 0}/${t.of ?? '-'} ${words[t.state] ?? t.state}`;
    return li;
  });
  $('timepoints').replaceChildren(...items);
}
