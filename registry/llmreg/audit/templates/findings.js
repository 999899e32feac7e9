'use strict';
{
  const field = document.querySelector('input[type=search]'), items = [...document.querySelectorAll('.finding')];
  const groups = [...document.querySelectorAll('details.findings')], before = groups.map(group => group.open);
  field.hidden = false;
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every(word => text.includes(word));
    }
    groups.forEach((group, index) => {
      const any = group.querySelector('.finding:not([hidden])') !== null;
      group.hidden = words.length > 0 && !any;
      group.open = words.length ? any : before[index];
    });
  });
  const openNamed = () => {
    const named = document.getElementById(location.hash.slice(1));
    if (named && named.tagName === 'DETAILS') named.open = true;
  };
  addEventListener('hashchange', openNamed);
  openNamed();
}
