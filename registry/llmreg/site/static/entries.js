'use strict';
/* The catalog's entries by number: search, filters, verdicts and the edges between them. */

const entries = (() => {
  const data = LLMREG;
  const count = data.id.length;
  const numbers = new Map(data.id.map((id, number) => [id, number]));
  const years = Int16Array.from(data.released, (date) => (date ? Number(date.slice(0, 4)) : 0));
  const groupOfRelation = data.edges.relations.map((relation) =>
    data.groups.findIndex((group) => group.relations.includes(relation)));
  const columns = { family: data.families, organization: data.organizations, license: data.licenses, method: data.methods };
  let texts = null;

  /** Give the numbers of the entries that have every word in id, name or aliases; the best match first. */
  function search(query) {
    const wanted = query.trim().toLowerCase();
    const words = wanted.split(/\s+/);
    texts ??= data.id.map((id, i) => `${id} ${data.name[i]} ${data.aliases[i]}`.toLowerCase());
    const found = [];
    for (let i = 0; i < count; i++) if (words.every((word) => texts[i].includes(word))) found.push(i);
    const ranks = new Map(found.map((i) => [i, rank(i, wanted)]));
    return found.sort((a, b) => ranks.get(a) - ranks.get(b) || data.id[a].length - data.id[b].length || a - b);
  }

  function rank(i, wanted) {
    const id = data.id[i].toLowerCase();
    const name = data.name[i].toLowerCase();
    if (id === wanted || name === wanted) return 0;
    if (id.startsWith(wanted) || name.startsWith(wanted)) return 1;
    return id.includes(wanted) || name.includes(wanted) ? 2 : 3;
  }

  /** Give the words of an entry in a column, as a list. */
  function wordsOf(column, i) {
    const value = data[column][i];
    return (Array.isArray(value) ? value : value < 0 ? [] : [value]).map((place) => columns[column][place]);
  }

  /** Give the place in `answers` of the verdict, -1 where there is none. */
  function verdict(i, use, policy) {
    const sign = data.verdicts[use][policy][i];
    return sign === '-' ? -1 : Number(sign);
  }

  /** Make a test of entries from words: kinds, family, organization, license, method, from, to, verdict. */
  function filter(wanted) {
    const tests = [];
    const kinds = wanted.kinds ? wanted.kinds.split(',') : [];
    if (kinds.length) tests.push((i) => kinds.includes(data.kinds[data.kind[i]]));
    for (const [column, words] of Object.entries(columns)) {
      if (wanted[column]) tests.push(inColumn(data[column], wanted[column], words));
    }
    const from = Number(wanted.from) || 0;
    const to = Number(wanted.to) || 9999;
    if (wanted.from || wanted.to) tests.push((i) => years[i] > 0 && years[i] >= from && years[i] <= to);
    if (wanted.verdict) {
      const sign = wanted.verdict === '-' ? '-' : String(data.answers.indexOf(wanted.verdict));
      tests.push((i) => data.verdicts[wanted.use][wanted.policy][i] === sign);
    }
    return (i) => tests.every((test) => test(i));
  }

  /** Test one column for a word; `-` asks for entries without any. */
  function inColumn(column, word, words) {
    const place = words.indexOf(word);
    if (word === '-' && place < 0) return (i) => (Array.isArray(column[i]) ? !column[i].length : column[i] < 0);
    return (i) => (Array.isArray(column[i]) ? column[i].includes(place) : column[i] === place);
  }

  /** Give the words of a column with the number of entries that have each, and `-` for those that have none. */
  function counts(column) {
    const found = new Map();
    for (let i = 0; i < count; i++) {
      const words = wordsOf(column, i);
      for (const word of words.length ? words : ['-']) found.set(word, (found.get(word) ?? 0) + 1);
    }
    return found;
  }

  /** Put the edges into rows: for each entry the numbers of its edges. */
  function rows(ends) {
    const starts = new Int32Array(count + 1);
    for (const end of ends) starts[end + 1]++;
    for (let i = 0; i < count; i++) starts[i + 1] += starts[i];
    const next = starts.slice();
    const edges = new Int32Array(ends.length);
    ends.forEach((end, edge) => { edges[next[end]++] = edge; });
    return (i) => edges.subarray(starts[i], starts[i + 1]);
  }

  /** Name the relation of an edge, with the stage of training. */
  function relation(edge) {
    const { relations, stages, relation: relationOf, stage } = data.edges;
    return relations[relationOf[edge]] + (stage[edge] < 0 ? '' : ` (${stages[stage[edge]]})`);
  }

  /** Write the size: parameters of a model, rows of a dataset. */
  function size(i) {
    const number = data.size[i];
    if (number === null) return '';
    const [unit, sign] = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'k']].find(([unit]) => number >= unit) ?? [1, ''];
    const short = Number((number / unit).toPrecision(3)).toString() + sign;
    return data.kinds[data.kind[i]] === 'dataset' ? `${short} rows` : short;
  }

  return {
    data, count, columns, search, filter, counts, wordsOf, verdict, relation, size,
    number: (id) => numbers.get(id) ?? -1,
    kind: (i) => data.kinds[data.kind[i]],
    page: (i) => `${data.folders[data.kinds[data.kind[i]]]}/${data.id[i]}.html`,
    group: (edge) => groupOfRelation[data.edges.relation[edge]],
    upward: rows(data.edges.child),
    downward: rows(data.edges.parent),
  };
})();
