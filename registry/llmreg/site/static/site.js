'use strict';
// Makes pages of entries and lists handier; everything on them is there without it.

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = named && named.closest('details');
  if (folded) folded.open = true;
}

function filterRows(field) {
  const rows = [...document.querySelectorAll(field.dataset.filter)];
  const texts = rows.map(row => row.textContent.toLowerCase());
  const count = field.closest('.filter').querySelector('[role=status]');
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, index) => {
    row.hidden = !words.every(word => texts[index].includes(word));
    shown += row.hidden ? 0 : 1;
  });
  count.textContent = words.length ? `${shown} of ${rows.length}` : '';
}

// A picture that is wider than the screen shows first what it is about.
for (const region of document.querySelectorAll('.picture')) {
  const focus = region.querySelector('.focus');
  if (!focus) continue;
  const box = focus.getBoundingClientRect(), around = region.getBoundingClientRect();
  region.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
}

for (const field of document.querySelectorAll('[data-filter]')) {
  field.closest('.filter').hidden = false;
  field.addEventListener('input', () => filterRows(field));
  if (field.value) filterRows(field);
}
addEventListener('hashchange', openNamed);
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(each => { each.open = true; }));
openNamed();
