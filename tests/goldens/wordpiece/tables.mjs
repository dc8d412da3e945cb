// Makes src/Lab/Tokenizers/Characters/unicode.txt and normalization.txt: what the reference's tables say of every code point, by asking it.
//
//   npm ci --ignore-scripts && node tables.mjs
//
// The reference is the tokenizers library itself (Rust, its Node binding, version in package.json). It mixes tables
// of several Unicode versions (its categories are those of Unicode 8, its lower-casing that of Unicode 17), so no
// runtime's own tables give the same words; and .NET's Normalize does nothing in globalization-invariant mode.
import { bertNormalizer, bertPreTokenizer, byteLevelPreTokenizer, digitsPreTokenizer, nfcNormalizer, nfdNormalizer, nfkdNormalizer, stripAccentsNormalizer, whitespacePreTokenizer } from 'tokenizers';
import fs from 'node:fs';

const only = o => bertNormalizer({ cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false, ...o });
const clean = only({ cleanText: true }), cjk = only({ handleChineseChars: true }), strip = only({ stripAccents: true });
const lower = only({ lowercase: true }), nfd = nfdNormalizer(), splitter = bertPreTokenizer();
const patterns = byteLevelPreTokenizer(false, true), digits = digitsPreTokenizer(true), runsOfWords = whitespacePreTokenizer();
const nfc = nfcNormalizer(), nfkd = nfkdNormalizer(), marks = stripAccentsNormalizer(), count = (splits, s) => splits.preTokenizeString(s).length;
const points = s => [...s].map(c => c.codePointAt(0)), hex = n => n.toString(16);

const sets = { W: [], P: [], D: [], C: [], M: [], Z: [], B: [], A: [], N: [], I: [], O: [] }, classes = new Map(), lowered = [], decomposed = [], compatible = [], excluded = [];
// Marks of every canonical class that there is, to find a character's class by how it is ordered among them.
const probes = probeMarks();
for (let c = 0; c <= 0x10ffff; c++) {
  if (c >= 0xd800 && c < 0xe000) continue;
  const s = String.fromCodePoint(c), parts = splitter.preTokenizeString('a' + s + 'b').length;
  if (parts === 2) sets.W.push(c);
  if (parts === 3) sets.P.push(c);
  const cleaned = clean.normalizeString(s), spaced = cjk.normalizeString(s), bare = strip.normalizeString(s), small = lower.normalizeString(s);
  if (cleaned === '') sets.D.push(c);
  else if (cleaned !== (parts === 2 ? ' ' : s)) throw new Error(`clean ${hex(c)}`);
  if (spaced === ` ${s} `) sets.C.push(c);
  else if (spaced !== s) throw new Error(`cjk ${hex(c)}`);
  if (small !== s) lowered.push([c, points(small)]);
  const hangul = c >= 0xac00 && c < 0xac00 + 11172;
  if (bare === '') (classOf(s) === 0 ? sets.Z : sets.M).push(c);
  if (marks.normalizeString(s) === '') sets.B.push(c);
  if (count(patterns, `a${s}a`) === 1) sets.A.push(c);
  if (count(patterns, `1${s}1`) === 1) sets.N.push(c);
  else if (count(digits, `a${s}a`) === 3) sets.I.push(c);
  if (count(runsOfWords, `a${s}a`) === 1) sets.O.push(c);
  if (hangul) continue;
  const canonical = nfd.normalizeString(s), compatibility = nfkd.normalizeString(s);
  if (canonical !== s) decomposed.push([c, points(canonical)]);
  else if (classOf(s) !== 0) classes.set(classOf(s), [...(classes.get(classOf(s)) ?? []), c]);
  if (compatibility !== canonical) compatible.push([c, points(compatibility)]);
  if (points(canonical).length > 1 && nfc.normalizeString(s) !== s) excluded.push(c);
}

const head = '# Made by tests/goldens/wordpiece/tables.mjs from the reference implementation. All numbers of characters are hexadecimal.';
let lines = [head];
const names = {
  W: 'white space', P: 'punctuation', D: 'deleted by clean_text', C: 'spaced as Chinese', M: 'stripped as accents by BERT', Z: 'stripped as accents by BERT, of combining class 0',
  B: 'combining marks', A: 'letters', N: 'numbers', I: 'digits to Digits although no numbers', O: 'word characters',
};
for (const [key, all] of Object.entries(sets)) emit(key, names[key], ranges(all));
lines.push('# R: combining, by the order of their classes');
for (const [n, all] of [...classes].sort((a, b) => a[0] - b[0])) emit(`R ${n}`, '', ranges(all));
emit('L', 'lower case: first-last/step=lower case of the first', runs(lowered));
emit('S', 'canonical decomposition', runs(decomposed));
save('unicode.txt');
emit('K', 'compatibility decomposition, where it is not the canonical one', runs(compatible));
emit('X', 'never composed', ranges(excluded));
save('normalization.txt');

function save(name) {
  fs.writeFileSync(new URL('../../../src/Lab/Tokenizers/Characters/' + name, import.meta.url), lines.join('\n') + '\n');
  lines = [head];
}

function emit(key, name, words) {
  if (name) lines.push(`# ${key}: ${name}`);
  for (let line = key; words.length || line !== key; line = key) {
    while (words.length && line.length + words[0].length < 150) line += ' ' + words.shift();
    lines.push(line);
  }
}

function ranges(all) {
  const out = [];
  for (const c of all) {
    if (out.length && out.at(-1)[1] === c - 1) out.at(-1)[1] = c;
    else out.push([c, c]);
  }
  return out.map(([a, b]) => a === b ? hex(a) : `${hex(a)}-${hex(b)}`);
}

// Maps of one character to another by the same distance, one or two apart, are one run.
function runs(maps) {
  const out = [];
  for (const [c, to] of maps) {
    const last = out.at(-1), step = last && c - last.last;
    if (last && to.length === 1 && last.to.length === 1 && to[0] - c === last.to[0] - last.first && (last.step ? step === last.step : step <= 2)) {
      last.last = c;
      last.step = step;
    } else out.push({ first: c, last: c, step: 0, to });
  }
  return out.map(r => hex(r.first) + (r.last > r.first ? `-${hex(r.last)}${r.step > 1 ? '/2' : ''}` : '') + '=' + r.to.map(hex).join('+'));
}

function probeMarks() {
  const found = new Map();
  for (let c = 0x300; c < 0x1e950; c++) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const s = String.fromCodePoint(c);
    if (!combines(s) || nfd.normalizeString(s) !== s) continue;
    const at = [...found.values()].find(p => nfd.normalizeString(s + p) === s + p && nfd.normalizeString(p + s) === p + s);
    if (!at) found.set(found.size, s);
  }
  // In canonical order; a class is then the place in it, from 1: only the order matters.
  return [...found.values()].sort((a, b) => nfd.normalizeString(b + a) === a + b ? -1 : 1);
}

function classOf(character) {
  const [s] = nfd.normalizeString(character);
  if (!combines(s)) return 0;
  return 1 + probes.findIndex(p => nfd.normalizeString(s + p) === s + p && nfd.normalizeString(p + s) === p + s);
}

// Unlike a starter, a combining character moves before an iota below (class 240) or behind an overlay (class 1).
function combines(s) {
  return nfd.normalizeString('\u0345' + s) === s + '\u0345' || nfd.normalizeString(s + '\u0334') === '\u0334' + s;
}
