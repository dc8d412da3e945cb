// Makes the WordPiece goldens: vocab.txt, tokenizer.json, odd.json, blocks.json, random.json and real.json.
//
//   npm ci --ignore-scripts && node make.mjs [folder of the shared data, for real.json]
//
// The reference is the tokenizers library itself (Rust, its Node binding, version in package.json), which the fast
// tokenizers of transformers are. odd.json says text and ids in full; the others hold hashes (FNV-1a, 32 bits) of what
// the test computes again: of the words of every code point, of texts drawn at random from odd characters, and of real
// text, none of which is in them.
import { Tokenizer, bertNormalizer, bertPreTokenizer } from 'tokenizers';
import fs from 'node:fs';
import path from 'node:path';

const here = name => new URL(name, import.meta.url);
const write = (name, value) => fs.writeFileSync(here(name), ascii(value) + '\n');
const ascii = v => JSON.stringify(v).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')).replace(/\},\{/g, '},\n{');
const options = lowercase => ({ cleanText: true, handleChineseChars: true, stripAccents: lowercase, lowercase });
const normalizers = { uncased: bertNormalizer(options(true)), cased: bertNormalizer(options(false)) }, splitter = bertPreTokenizer();
const words = (text, kind) => splitter.preTokenizeString(normalizers[kind].normalizeString(text)).map(p => p[0]);

// ---- a vocabulary of our own, and odd texts
const odd = [
  '', ' ', '\t\n\r', 'The old artist met the young baker.', 'UNAFFABLE unaffable Unaffable', "Don't stop -- it's 1,000.50$ (or so)!?",
  'caf\u00e9 cafe\u0301 CAF\u00c9 \u00c5ngstr\u00f6m A\u030angstro\u0308m', 'e\u0301\u0327 e\u0327\u0301 q\u0307\u0323 q\u0323\u0307', '\u1e9b\u0323 \u1ea5\u1ed9 Vi\u1ec7t Nam',
  '\u0130stanbul I\u0307 \u0131i Iiı', '\u039f\u0394\u039f\u03a3 \u03c3\u03c2 \u03a3', 'Stra\u00dfe STRASSE \u1e9e', '\ufb01ne \ufb00 \ufb03 \u0132 \u01c5 \u01f1', '\u4f60\u597d\u4e16\u754c abc\u4e2d\u6587def',
  '\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8 \u304c\u304b\u3099 \uff76\uff9e', '\uf900\ufa1f\u{2f800}\u{20000}x\u{2a6df}\u{2ebe0}', '\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab \uac00\uac01\ud7a3', '\u3131\ua960\ud7b0',
  '\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467} ok\u{1f44d}\u{1f3fd} \u2764\ufe0f \u{1f1eb}\u{1f1f7}', 'a\u0000b\u0001c\u001fd\u007fe\u009ff\u0085g', 'a\u000bb\u000cc\u001cd',
  'zero\u200bwidth\u200cno\u200dn\u2060join\ufeffbom', 'a\u00adb\u061cc\u180ed', 'a\u00a0b\u2002c\u2028d\u2029e\u3000f\u202fg\u205fh\u1680i', '\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd \u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f \u200f\u202bx\u202c',
  '\u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u0bae\u0bcd', '\u037e\u0387\u1fef`\u00b4\u1ffd \u00b7', '\u00bfQu\u00e9? \u00a1No! \u00aboui\u00bb \u201cx\u201d \u2018y\u2019 \u2014 \u2026', '+=<>|~^$ \u00a9\u00ae\u2122 \u20ac\u00a3 \u00d7\u00f7 \u2192',
  '\u2e3b\u2e43\u2e52\u{1144b} \u166d\u{111c9}', '\u1734\u{1171e}\u0897\u1ac1 a\u1abfb', 'x\u302e\u302fy x\u302f\u302ey a\u1dfba', '\u{1d15e}\u{1d160}\u{1d16d}\u{1d165}', '\u212b\u2126\u212a \u{1d400} \u24b6 \uff21',
  '\ufffda\ufffd b', '\ue000x\u{f0000}y\u{10fffd}', '\u0378\u{10ffff}\ufdd0', '[CLS] a [SEP] b [MASK] [PAD] [UNK]', 'a[MASK]b[mask] [MASK', '[[MASK]] [CLS][CLS] [ MASK ]', '##a ## # a##b', 'aa aaa aaaa aaaaa aab',
  '\u10a0\u10d0\u1c90 \u13a0\uab70 \u{10400} \u{1e900}\u{1e943}\u{1e94a}', '\u0344\u0340\u0341\u0343 a\u0344', '\u0f73\u0f75\u0f81 \u0f71\u0f72', '1234567890 \u0661\u0662 \u00b2\u00bd \u2167', 'tab\tnew\nline\r\nend',
].map(text => ({ text }));
odd.push(...[99, 100, 101, 10000].map(times => ({ text: 'a', times })), { text: '\u{1f600}', times: 100 }, { text: '\u{1f600}', times: 101 }, { text: 'e\u0301', times: 100 },
  { text: 'e\u0301', times: 10000 }, { text: 'e\u0327\u0301\u302e', times: 30 }, { text: '!', times: 1000 }, { text: 'ab ', times: 3333 }, { text: '\u4e2d', times: 2000 });
odd.push(...[[0xd800], [0xdc00, 0x61], [0x61, 0xd83d], [0x61, 0xdc00, 0xd800, 0x62], [0xd83d, 0xd83d, 0xde00]].map(units => ({ units })));
const [one, two, three] = ['the old artist met the young baker .', 'a poet slept', 'it rained because the guard ran near the judge , not behind'];
for (const [text, pair] of [[one, two], [two, one], [one, one], [three, two], [two, three], ['', one], [one, ''], ['', ''], ['Caf\u00e9 [SEP] x', '\u4f60 [MASK]']])
  for (const limit of [3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 19, 64]) odd.push({ text, pair, limit });
for (const limit of [2, 3, 4, 9, 10, 64]) odd.push({ text: one, limit }, { text: 'unaffable unaffable', limit });
const textOf = c => c.units ? String.fromCharCode(...c.units) : c.text.repeat(c.times ?? 1);

const vocabulary = vocabularyOf(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
function vocabularyOf(special) {
  const characters = new Set();
  for (const c of odd) for (const kind of ['uncased', 'cased']) for (const w of words(textOf(c).slice(0, 300), kind)) for (const r of w) characters.add(r);
  const sorted = [...characters].sort((a, b) => a.codePointAt(0) - b.codePointAt(0)).filter((c, i) => i % 29 !== 28);   // some stay unknown
  return [...special, ...sorted, ...sorted.map(c => '##' + c), 'the', 'old', 'artist', 'baker', 'poet', 'un', '##aff', '##able', '##a\u0301', 'aa', '##aa', '##aaa', 'istanbul', '\u03bf\u03b4'];
}
const specials = vocabulary.slice(0, 5).map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }));
const slot = (id, type_id) => id.length === 1 ? { Sequence: { id, type_id } } : { SpecialToken: { id, type_id } };
const file = lowercase => ({
  version: '1.0', truncation: null, padding: null, added_tokens: specials,
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing', single: [slot('[CLS]', 0), slot('A', 0), slot('[SEP]', 0)],
    pair: [slot('[CLS]', 0), slot('A', 0), slot('[SEP]', 0), slot('B', 1), slot('[SEP]', 1)],
    special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map(t => [t, { id: t, ids: [vocabulary.indexOf(t)], tokens: [t] }])),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: Object.fromEntries(vocabulary.map((w, i) => [w, i])) },
});
fs.writeFileSync(here('vocab.txt'), vocabulary.join('\n') + '\n');
write('tokenizer.json', file(true));
const small = { uncased: Tokenizer.fromString(JSON.stringify(file(true))), cased: Tokenizer.fromString(JSON.stringify(file(false))) };

async function encode(tokenizer, text, pair, limit) {
  const e = await tokenizer.encode(text, pair ?? null);
  if (!limit) return { ids: e.getIds(), types: e.getTypeIds() };
  // cut here, for the reason that ../tokenizers/make.mjs gives
  const of = e.getSequenceIds(), count = k => of.filter(s => s === k).length, [a, b] = [count(0), count(1)], room = limit - (of.length - a - b);
  const less = Math.min(a, b, Math.floor(room / 2)), most = a + b <= room ? [a, b] : a > b ? [room - less, less] : [less, room - less];
  const seen = [0, 0], kept = of.map(s => s !== 0 && s !== 1 || seen[s]++ < most[s]);
  return { ids: e.getIds().filter((_, t) => kept[t]), types: e.getTypeIds().filter((_, t) => kept[t]) };
}
const cases = [];
for (const c of odd) {
  const of = async kind => {
    const { ids, types } = await encode(small[kind], textOf(c), c.pair, c.limit);
    return { [kind]: ids.length > 300 ? { count: ids.length, hash: hash(ids) } : { ids, second: types.filter(t => t === 1).length } };
  };
  cases.push({ ...c, ...await of('uncased'), ...await of('cased') });
}
write('odd.json', cases);

// ---- every code point between two letters: a hash per block of 4096
function hash(numbers, h = 0x811c9dc5) {
  for (const n of numbers) h = Math.imul(h ^ n, 0x01000193);
  return h >>> 0;
}
const hashText = (text, kind, h) => {
  for (const w of words(text, kind)) h = hash([...w].map(c => c.codePointAt(0)).concat(0x110000), h);
  return h;
};
const blocks = { uncased: [], cased: [] };
for (const kind of ['uncased', 'cased']) for (let block = 0; block < 0x110; block++) {
  let h;
  for (let c = block << 12; c < (block + 1) << 12; c++) if (c < 0xd800 || c >= 0xe000) h = hashText('a' + String.fromCodePoint(c) + 'b', kind, h);
  blocks[kind].push(h ?? 0x811c9dc5);
}
write('blocks.json', blocks);

// ---- texts drawn from odd characters by xorshift: a hash per 500
const pool = [0x20, 0x41, 0x62, 0x2e, 0x300, 0x301, 0x327, 0x345, 0x34f, 0x334, 0x302e, 0x302f, 0x1b44, 0x8d4, 0x1dfb, 0x1e94a, 0x11442, 0x1d165, 0x1d16d, 0x1d15e, 0xe9, 0x1ed9,
  0x130, 0x131, 0x3a3, 0x390, 0xac01, 0x1112, 0x11ab, 0x4e2d, 0xf900, 0x2f800, 0x200d, 0xad, 0xfffd, 0x0, 0xe000, 0x3000, 0x85, 0x93a, 0x94d, 0x9cb, 0xf73, 0x344, 0x1fef, 0x2126, 0x1f600, 0x1c5, 0x897, 0x93f];
let state = 2463534242;
const draw = n => {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % n;
};
const random = [];
for (let group = 0; group < 40; group++) {
  const h = { uncased: undefined, cased: undefined };
  for (let i = 0; i < 500; i++) {
    const text = Array.from({ length: 1 + draw(24) }, () => String.fromCodePoint(draw(8) === 0 ? draw(0xd800) : pool[draw(pool.length)])).join('');
    for (const kind of ['uncased', 'cased']) h[kind] = hashText(text, kind, h[kind]);
  }
  random.push(h);
}

// ---- truncation of random pairs, special tokens in them too: a hash per 250
const truncated = [];
for (let group = 0; group < 20; group++) {
  let h;
  for (let i = 0; i < 250; i++) {
    const limit = 3 + draw(30), [text, pair] = [0, 1].map(() => Array.from({ length: draw(30) }, () => ['a', 'unaffable', 'istanbul', '[MASK]'][draw(4)]).join(' '));
    const { ids, types } = await encode(small.uncased, text, pair, limit);
    h = hash(types, hash(ids, h));
  }
  truncated.push(h);
}
write('random.json', { pool, groups: random, truncated });

// ---- real text: count and hash of ids and token types per 100 lines
const data = process.argv[2] ?? path.join(here('.').pathname, '../../../../shared/data');
if (fs.existsSync(data)) {
  const source = JSON.parse(fs.readFileSync(path.join(data, 'tokenizers/bert-base-uncased/tokenizer.json'), 'utf8'));
  const tokenizerOf = lowercase => Tokenizer.fromString(JSON.stringify({ ...source, normalizer: { ...source.normalizer, lowercase } }));
  const kinds = { uncased: tokenizerOf(true), cased: tokenizerOf(false) };
  const rows = [
    { file: 'mnli/dev-matched.tsv', columns: [1, 2], kind: 'uncased', limit: 512 }, { file: 'mnli/dev-matched.tsv', columns: [1, 2], kind: 'cased', limit: 24 },
    { file: 'mnli/dev-matched.tsv', columns: [2, 1], kind: 'uncased', limit: 23 }, { file: 'wikitext-2/valid.txt', columns: [0], kind: 'uncased', limit: 128 },
    { file: 'wikitext-2/valid.txt', columns: [0], kind: 'cased', limit: 512 }, { file: 'sst2/train.tsv', columns: [0], kind: 'uncased', limit: 64 },
  ];
  for (const row of rows) {
    const lines = fs.readFileSync(path.join(data, row.file), 'utf8').split('\n');
    row.tokens = 0;
    row.hashes = [];
    for (let first = 0; first < lines.length; first += 100) {
      let h;
      for (const line of lines.slice(first, first + 100)) {
        const fields = line.split('\t'), [text, pair] = row.columns.map(c => fields[c] ?? '');
        const { ids, types } = await encode(kinds[row.kind], text, pair, row.limit);
        row.tokens += ids.length;
        h = hash(types, hash(ids, h));
      }
      row.hashes.push(h);
    }
  }
  write('real.json', rows);
}
