// A question in a dialog, answered with Enter, left with Esc.
const $ = (id) => document.getElementById(id);

function field(f) {
  const label = document.createElement('label'), input = document.createElement(f.choices ? 'select' : 'input');
  label.append(f.label, input);
  if (f.choices) input.append(...f.choices.map(([value, text]) => new Option(text ?? value, value)));
  else Object.assign(input, { type: f.type ?? 'text', maxLength: 120, autocomplete: 'off' });
  Object.assign(input, { name: f.name, required: !!f.required });
  if (f.value !== undefined) input.value = f.value;
  if (f.pattern) input.pattern = f.pattern;
  if (f.title) input.title = f.title;
  if (f.type === 'number') Object.assign(input, { min: f.min, max: f.max, step: 'any' });
  return label;
}

// fields: [{name, label, type, required, pattern, value, choices: [[value, text]]}]. Answers null, or an object of what was typed.
export function question(title, text, yes, fields = []) {
  const dialog = $('ask');
  if (dialog.open) return Promise.resolve(null);
  dialog.onclose?.(); // the event of the question before may still be on its way
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-yes').textContent = yes;
  $('ask-no').hidden = false;
  $('ask-fields').replaceChildren(...fields.map(field));
  // Enter means yes: the first button of the form is Cancel
  dialog.onkeydown = (event) => {
    if (event.key === 'Enter' && event.target.closest('input, select')) {
      event.preventDefault();
      $('ask-yes').click();
    }
  };
  dialog.returnValue = 'no';
  dialog.showModal();
  (fields.length ? dialog.querySelector('input, select') : $('ask-no')).focus();
  return new Promise((done) => {
    dialog.onclose = () => dialog.open || done(dialog.returnValue === 'yes' ? Object.fromEntries([...dialog.querySelectorAll('input, select')].map((i) => [i.name, i.value.trim()])) : null);
  });
}

// A list to read: [[key, what]].
export function tell(title, lines) {
  const dialog = $('ask'), list = document.createElement('dl');
  if (dialog.open) return;
  dialog.onclose?.();
  $('ask-title').textContent = title;
  $('ask-text').textContent = '';
  for (const [key, what] of lines) {
    const row = document.createElement('div'), dt = document.createElement('dt'), dd = document.createElement('dd'), kbd = document.createElement('kbd');
    kbd.textContent = key;
    dt.append(kbd);
    dd.textContent = what;
    row.append(dt, dd);
    list.append(row);
  }
  $('ask-fields').replaceChildren(list);
  $('ask-no').hidden = true;
  $('ask-yes').textContent = 'Close';
  dialog.onkeydown = null;
  dialog.onclose = null;
  dialog.showModal();
  $('ask-yes').focus();
}
