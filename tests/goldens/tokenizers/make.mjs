// Makes the goldens of tokenizers: small.json, characters.json and real.json.
//
//   npm ci --ignore-scripts && node make.mjs [folder of the shared data, for real.json]
//
// The reference is the tokenizers library itself (Rust, its Node binding, version in package.json), not a rewriting of it
// in JavaScript. small.json holds small tokenizers whole, with ids of odd texts; characters.json hashes of what each
// normalizer and splitter makes of every character, and of texts drawn from odd characters; real.json hashes of ids and of
// decoded text of real sentences, and the ids of the first few in full. Hashes are FNV-1a of 32 bits, of numbers.
import { Tokenizer } from 'tokenizers';
import fs from 'node:fs';
import path from 'node:path';
import { odd, halves } from './texts.mjs';
import { bases, variants, whole } from './small.mjs';
import { charsmap } from './charsmap.mjs';

const here = name => new URL(name, import.meta.url);
const ascii = v => JSON.stringify(v).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')).replace(/\},\{/g, '},\n{');
const write = (name, value) => fs.writeFileSync(here(name), ascii(value) + '\n');
function hash(numbers, h = 0x811c9dc5) {
  for (const n of numbers) h = Math.imul(h ^ n, 0x01000193);
  return h >>> 0;
}
const hashText = (text, h) => hash([...text].map(c => c.codePointAt(0)).concat(0x110000), h);
const of = json => Tokenizer.fromString(JSON.stringify(json));
async function encode(tokenizer, text, pair, limit, special = true) {
  const e = await tokenizer.encode(text, pair ?? null, { addSpecialTokens: special });
  if (!limit) return { ids: e.getIds(), types: e.getTypeIds() };
  // Version 0.23.2 shares an odd number of tokens by how far it has read of two long texts, 0.23.3 (as before 0.23) by their whole
  // lengths: so the pair is encoded whole and cut here, longest first. ../../../shared/goldens/tokenizers has the cuts of 0.23.3 itself.
  const of = e.getSequenceIds(), count = k => of.filter(s => s === k).length, [a, b] = [count(0), count(1)], room = limit - (of.length - a - b);
  const less = Math.min(a, b, Math.floor(room / 2)), most = a + b <= room ? [a, b] : a > b ? [room - less, less] : [less, room - less];
  const seen = [0, 0], kept = of.map(s => s !== 0 && s !== 1 || seen[s]++ < most[s]);
  return { ids: e.getIds().filter((_, t) => kept[t]), types: e.getTypeIds().filter((_, t) => kept[t]) };
}

// ---- small tokenizers
const texts = [...odd, ...halves.map(units => String.fromCharCode(...units))], full = {}, results = [];
const pairs = [[7, 9], [9, 7], [7, 7], [0, 7], [7, 0], [0, 0], [34, 35], [36, 20], [3, 14]], limits = [undefined, 4, 5, 6, 7, 8, 9, 12, 15, 16, 33];
for (const variant of variants) {
  const tokenizer = of(whole(variant)), result = { ...variant, ids: [], alone: undefined, decoded: [] };
  const all = [];
  for (const text of texts) {
    const { ids } = await encode(tokenizer, text), alone = await encode(tokenizer, text, undefined, undefined, false);
    all.push(ids);
    result.ids.push(hash(ids));
    result.alone = hash(alone.ids, result.alone);
    result.decoded.push(hashText(await tokenizer.decode(ids, true), hashText(await tokenizer.decode(ids, false))));
  }
  full[variant.base] ??= all;
  for (const [a, b] of pairs) for (const limit of limits) {
    const { ids, types } = await encode(tokenizer, texts[a], texts[b], limit);
    result.pairs = hash(types, hash(ids, result.pairs));
  }
  results.push(result);
}
write('small.json', { texts: odd, halves, pairs, limits: limits.map(l => l ?? null), bases, full, variants: results });

// ---- every code point, and odd mixtures, through each normalizer and splitter
const normalizers = [...['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Nmt'].map(type => ({ type })),
  { type: 'Strip', strip_left: true, strip_right: true }, { type: 'Precompiled', precompiled_charsmap: charsmap }];
const newer = variants.filter(v => v.base === 'bytes').flatMap(v => v.pre_tokenizer?.pretokenizers ?? []).filter(p => p.pattern?.Regex);
const splitters = [{ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }, ...newer, { type: 'Whitespace' }, { type: 'WhitespaceSplit' },
  { type: 'Digits', individual_digits: true }, { type: 'Digits', individual_digits: false }, ...['Isolated', 'Contiguous', 'MergedWithNext'].map(behavior => ({ type: 'Punctuation', behavior })),
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true }];
const pool = [0x20, 0x20, 0xa, 0xd, 0x9, 0x41, 0x62, 0x73, 0x27, 0x27, 0x54, 0x2e, 0x31, 0x32, 0x300, 0x301, 0x327, 0x345, 0x34f, 0x334, 0x302e, 0x1b44, 0x1d165, 0x1d15e, 0xe9, 0x1ed9, 0x130, 0x17f, 0x3a3, 0x390,
  0xac00, 0xac01, 0x1112, 0x1161, 0x11ab, 0x4e2d, 0xf900, 0x2f800, 0x200d, 0xad, 0xfffd, 0x0, 0xe000, 0x3000, 0x85, 0xa0, 0x93a, 0x94d, 0x9cb, 0x9c7, 0x9be, 0xf73, 0x344, 0x1fef, 0x2126, 0x1f600, 0x1f3fd, 0x1c5, 0xfb01, 0x2581, 0xff21, 0xbd, 0x661, 0x1d7ce, 0x203f];
let state = 2463534242;
const draw = n => {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % n;
};
const mixtures = Array.from({ length: 4000 }, () => Array.from({ length: 1 + draw(24) }, () => String.fromCodePoint(draw(8) === 0 ? draw(0xd800) : pool[draw(pool.length)])).join(''));
// Marks of Unicode 17, which the reference knows to be of the grapheme before them, and .NET 10 does not yet.
const newest = [0x1acf, 0x1add, 0x1ae0, 0x1aeb, 0x10efa, 0x10efb, 0x11b60, 0x11b67, 0x1e6e3, 0x1e6e3, 0x1e6e6, 0x1e6e6, 0x1e6ee, 0x1e6ef, 0x1e6f5, 0x1e6f5];
const isNewest = c => newest.some((first, i) => i % 2 === 0 && c >= first && c <= newest[i + 1]);
// All characters but, of the planes that hold none yet or are for private use, one of 64.
const asked = c => c < 0x30000 || (c >= 0xe0000 && c < 0xe1000) ? c < 0xd800 || c >= 0xe000 : c % 64 === 0;
function characters(kind, json, take) {
  const blocks = [], random = [], without = json.type === 'Precompiled' ? newest : [];
  for (let block = 0; block < 0x110000; block += 0x4000) {
    let h;
    for (let c = block; c < block + 0x4000; c++) if (asked(c) && !(without.length && isNewest(c))) { const s = String.fromCodePoint(c); h = take(`a${s}a ${s}${s}1${s}1 `, h); }
    blocks.push(h ?? 0x811c9dc5);
  }
  for (let i = 0; i < mixtures.length; i += 500) random.push(mixtures.slice(i, i + 500).reduce((h, text) => take(text, h), undefined));
  return { [kind]: json, without, blocks, random };
}
write('characters.json', { pool, all: [
  ...normalizers.map(json => { const n = of({ ...bases.words, normalizer: json }).getNormalizer(); return characters('normalizer', json, (text, h) => hashText(n.normalizeString(text), h)); }),
  ...splitters.map(json => { const p = of({ ...bases.words, pre_tokenizer: json }).getPreTokenizer(); return characters('pre_tokenizer', json, (text, h) => p.preTokenizeString(text).reduce((g, w) => hashText(w[0], g), h)); }),
] });

// ---- real sentences
const data = process.argv[2] ?? path.join(here('.').pathname, '../../../../shared/data');
if (fs.existsSync(data)) {
  const read = name => fs.readFileSync(path.join(data, name), 'utf8');
  const vocab = JSON.parse(read('tokenizers/gpt2/vocab.json'));
  const gpt2 = { ...bases.bytes, added_tokens: [{ ...bases.bytes.added_tokens[0], id: vocab['<|endoftext|>'] }], model: { ...bases.bytes.model, vocab, merges: read('tokenizers/gpt2/merges.txt').split('\n').filter(l => l && !l.startsWith('#version')) } };
  const kinds = { gpt2: of(gpt2), 'bert-base-uncased': of(JSON.parse(read('tokenizers/bert-base-uncased/tokenizer.json'))), stories15M: of(JSON.parse(read('models/stories15M/tokenizer.json'))) };
  const files = [['mnli/dev-matched.tsv', 1, 1000], ['wikitext-2/valid.txt', 0, 700], ['sst2/train.tsv', 0, 300], ['tinyshakespeare.txt', 0, 200]], rows = [];
  for (const kind of Object.keys(kinds)) for (const [file, column, count] of files) {
    const row = { kind, file, column, count, tokens: 0, ids: [], decoded: [], first: [] };
    const lines = read(file).split('\n').slice(1, 1 + count).map(l => l.split('\t')[column] ?? '');
    for (let start = 0; start < count; start += 100) {
      let h, d;
      for (const line of lines.slice(start, start + 100)) {
        const { ids } = await encode(kinds[kind], line);
        row.tokens += ids.length;
        h = hash(ids, h);
        d = hashText(await kinds[kind].decode(ids, true), d);
        if (row.first.length < 20) row.first.push(ids);
      }
      row.ids.push(h);
      row.decoded.push(d);
    }
    rows.push(row);
  }
  const text = read('wikitext-2/valid.txt');
  for (const kind of ['gpt2', 'stories15M']) {
    const { ids } = await encode(kinds[kind], text);
    rows.push({ kind, file: 'wikitext-2/valid.txt', whole: true, tokens: ids.length, ids: [hash(ids)], decoded: [hashText(await kinds[kind].decode(ids, true))] });
  }
  write('real.json', rows);
}
