// Small tokenizers of every kind: four vocabularies, trained or counted here, and what is changed of them to try each feature.
import { byteLevelPreTokenizer } from 'tokenizers';
import { corpus } from './texts.mjs';

const M = '\u2581';
const words = splits => splits.flatMap(w => w.length ? [[...w]] : []);
const counted = list => [...list.reduce((m, w) => m.set(w.join(' '), (m.get(w.join(' ')) ?? 0) + 1), new Map())].map(([w, n]) => [w.split(' '), n]);

// Byte-pair encoding trained the plain way: the most frequent pair, of equal ones the first in order of text, merged in every word.
function trained(list, count) {
  let all = counted(list);
  const merges = [];
  while (merges.length < count) {
    const pairs = new Map();
    for (const [w, n] of all) for (let i = 0; i + 1 < w.length; i++) pairs.set(w[i] + ' ' + w[i + 1], (pairs.get(w[i] + ' ' + w[i + 1]) ?? 0) + n);
    const best = [...pairs].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    if (!best || best[1] < 2) break;
    const [a, b] = best[0].split(' ');
    merges.push([a, b]);
    all = all.map(([w, n]) => {
      const to = [];
      for (let i = 0; i < w.length; i++) if (w[i] === a && w[i + 1] === b) to.push(a + b), i++; else to.push(w[i]);
      return [to, n];
    });
  }
  return merges;
}
const vocabulary = pieces => Object.fromEntries([...new Set(pieces)].map((p, i) => [p, i]));
const token = (content, id, more = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...more });
const file = (model, more) => ({ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, model, ...more });
const slot = (id, type_id) => id.length === 1 ? { Sequence: { id, type_id } } : { SpecialToken: { id, type_id } };
const template = (single, pair, ids) => ({ type: 'TemplateProcessing', single, pair, special_tokens: Object.fromEntries(Object.entries(ids).map(([t, id]) => [t, { id: t, ids: [id], tokens: [t] }])) });

// ---- bytes, as GPT-2
const bytes = byteLevelPreTokenizer(false, true), letters = [];
for (let b = 0, next = 256; b < 256; b++) letters.push(String.fromCodePoint((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : next++));
const byteMerges = trained(words(bytes.preTokenizeString(corpus).map(w => w[0])), 120);
byteMerges.push(['\u00e4', '\u00b8'], ['\u00e4\u00b8', '\u0143'], ['\u0120', '\u0120'], ['\u0120\u0120', '\u0120\u0120'], ['\u010a', '\u010a'], ['\u0120', '1'], ['1', '0'], ['0', '0']);
const byteVocabulary = vocabulary([...letters, ...byteMerges.map(m => m.join('')), 'the\u0120', '<s>', '<pad>', '</s>', '<unk>', '<mask>', '<|endoftext|>']);
const byteLevel = (add_prefix_space, use_regex = true) => ({ type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex });
const ends = token('<|endoftext|>', byteVocabulary['<|endoftext|>']), roberta = ['<s>', '<pad>', '</s>', '<unk>'].map(t => token(t, byteVocabulary[t]));
const bpe = { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false };
const newer = numbers => `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const split = (pattern, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern, behavior, invert });
const sequence = (kind, all) => ({ type: 'Sequence', [kind]: all });

// ---- characters and bytes, as Llama
const alphabet = [...new Set([...corpus, ...'\u00e9\u00c9\u4e2d'])].filter(c => c.trim()).sort();
const spaced = words(corpus.split(/\s+/).filter(w => w).map(w => M + w));
const characterMerges = trained(spaced, 100);
characterMerges.push([M, M], [M + M, M + M], ['l', 'd'], ['l', 'o']);
const bytePieces = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
const characterVocabulary = vocabulary(['<unk>', '<s>', '</s>', ...bytePieces, M, ...alphabet, ...characterMerges.map(m => m.join(''))]);
const llamaTokens = ['<unk>', '<s>', '</s>'].map((t, i) => token(t, i));
const llama = {
  added_tokens: llamaTokens, normalizer: sequence('normalizers', [{ type: 'Prepend', prepend: M }, { type: 'Replace', pattern: { String: ' ' }, content: M }]),
  post_processor: template([slot('<s>', 0), slot('A', 0)], [slot('<s>', 0), slot('A', 0), slot('<s>', 1), slot('B', 1)], { '<s>': 1 }),
  decoder: sequence('decoders', [{ type: 'Replace', pattern: { String: M }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }]),
};
const metaspace = (prepend_scheme, more = {}) => ({ type: 'Metaspace', replacement: M, prepend_scheme, split: true, ...more });
const noBytes = vocabulary(Object.entries(characterVocabulary).sort((a, b) => a[1] - b[1]).map(e => e[0]).filter(p => !p.startsWith('<0x')));

// ---- words that end in a suffix (GPT-1), and words whose rest begins with a prefix
const lower = corpus.toLowerCase().match(/\w+|[^\w\s]+/g);
const suffixed = trained(words(lower).map(w => [...w.slice(0, -1), w.at(-1) + '</w>']), 80);
const suffixVocabulary = vocabulary(['<unk>', ...new Set(suffixed.flat()), ...new Set(lower.join('')), ...[...new Set(lower.join(''))].map(c => c + '</w>'), ...suffixed.map(m => m.join(''))]);
const prefixed = trained(words(lower), 40).slice(0, 40);
const withPrefix = [['t', '##h'], ['th', '##e'], ['##a', '##t'], ['h', '##e'], ['##l', '##l'], ['##ll', '##o'], ['##e', '##r']];
const joined = ([a, b]) => a + b.slice(2);
const prefixVocabulary = vocabulary(['<unk>', ...new Set(lower.join('')), ...[...new Set(lower.join(''))].map(c => '##' + c), ...withPrefix.map(joined)]);

// ---- WordPiece
const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const wordVocabulary = vocabulary([...special, ...new Set(lower.join('') + 'TADS\u00e9\u4e2d\u0301'), ...[...new Set(lower.join(''))].map(c => '##' + c), 'the', 'old', 'hello', 'un', '##aff', '##able', '##ar', '##th', 'said']);
const bertTokens = special.map((t, i) => token(t, i));
const bert = {
  added_tokens: bertTokens, normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true }, pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] }, decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
};

// ---- unigram: pieces by how often they stand in the corpus
const substrings = new Map();
for (const w of spaced) for (let i = 0; i < w.length; i++) for (let j = i + 1; j <= Math.min(w.length, i + 6); j++) substrings.set(w.slice(i, j).join(''), (substrings.get(w.slice(i, j).join('')) ?? 0) + 1);
const frequent = [...substrings].filter(([s, n]) => n > 3 && [...s].length > 1).sort((a, b) => b[1] * b[0].length - a[1] * a[0].length || (a[0] < b[0] ? -1 : 1)).slice(0, 120);
const score = n => Math.round(1e4 * Math.log(n / 4000)) / 1e4;
const unigramPieces = [['<unk>', 0], ['<s>', 0], ['</s>', 0], [M, -2.5], ...alphabet.map(c => [c, score(substrings.get(c) ?? 1)]), ...frequent.map(([s, n]) => [s, score(n)])];
const t5 = { added_tokens: llamaTokens, pre_tokenizer: metaspace('always'), decoder: metaspace('always'), post_processor: template([slot('A', 0), slot('</s>', 0)], [slot('A', 0), slot('</s>', 0), slot('B', 0), slot('</s>', 0)], { '</s>': 2 }) };

export const bases = {
  bytes: file({ ...bpe, vocab: byteVocabulary, merges: byteMerges.map(m => m.join(' ')) }, { added_tokens: [ends], pre_tokenizer: byteLevel(false), decoder: byteLevel(true) }),
  characters: file({ ...bpe, unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab: characterVocabulary, merges: characterMerges }, llama),
  bare: file({ ...bpe, unk_token: '<unk>', fuse_unk: true, vocab: noBytes, merges: characterMerges }, llama),
  suffix: file({ ...bpe, unk_token: '<unk>', end_of_word_suffix: '</w>', vocab: suffixVocabulary, merges: suffixed.map(m => m.join(' ')) }, { added_tokens: [token('<unk>', 0)], normalizer: { type: 'Lowercase' }, pre_tokenizer: { type: 'Whitespace' }, decoder: { type: 'BPEDecoder', suffix: '</w>' } }),
  prefix: file({ ...bpe, unk_token: '<unk>', continuing_subword_prefix: '##', vocab: prefixVocabulary, merges: withPrefix }, { added_tokens: [token('<unk>', 0)], normalizer: { type: 'Lowercase' }, pre_tokenizer: { type: 'Whitespace' }, decoder: { type: 'WordPiece', prefix: '##', cleanup: false } }),
  words: file({ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 20, vocab: wordVocabulary }, bert),
  unigram: file({ type: 'Unigram', unk_id: 0, vocab: unigramPieces, byte_fallback: false }, t5),
};

const tok = more => [...llamaTokens, token('TOK', Object.keys(characterVocabulary).length, { special: false, ...more }), token('<mask>', Object.keys(characterVocabulary).length + 1, { lstrip: true, rstrip: true })];
const gpt4o = ["[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
  '\\p{N}{1,3}', ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*', '\\s*[\\r\\n]+', '\\s+(?!\\S)', '\\s+'].join('|');
const deepseek = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const cl100k = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
// What is changed: keys of the file, and under model: those of the model.
export const variants = [
  { base: 'bytes' },
  { base: 'bytes', pre_tokenizer: byteLevel(true), post_processor: byteLevel(true) },
  { base: 'bytes', added_tokens: [...roberta, token('<mask>', byteVocabulary['<mask>'], { lstrip: true })], pre_tokenizer: byteLevel(false), post_processor: { type: 'RobertaProcessing', sep: ['</s>', byteVocabulary['</s>']], cls: ['<s>', byteVocabulary['<s>']], trim_offsets: true, add_prefix_space: false } },
  { base: 'bytes', model: { ignore_merges: true }, pre_tokenizer: sequence('pretokenizers', [split({ Regex: newer('\\p{N}{1,3}') }), byteLevel(false, false)]), post_processor: sequence('processors', [byteLevel(true), template([slot('<s>', 0), slot('A', 0)], [slot('<s>', 0), slot('A', 0), slot('<s>', 1), slot('B', 1)], { '<s>': byteVocabulary['<s>'] })]), added_tokens: [token('<s>', byteVocabulary['<s>'])] },
  { base: 'bytes', normalizer: { type: 'NFC' }, pre_tokenizer: sequence('pretokenizers', [split({ Regex: newer('\\p{N}') }, 'Removed', true), byteLevel(false, false)]) },
  { base: 'bytes', pre_tokenizer: sequence('pretokenizers', [{ type: 'Digits', individual_digits: true }, byteLevel(true)]) },
  { base: 'bytes', pre_tokenizer: sequence('pretokenizers', [{ type: 'Punctuation', behavior: 'Contiguous' }, byteLevel(false)]) },
  { base: 'bytes', pre_tokenizer: byteLevel(false, false) },
  { base: 'characters' },
  { base: 'characters', normalizer: null, pre_tokenizer: metaspace('always'), decoder: sequence('decoders', [{ type: 'ByteFallback' }, metaspace('always')]) },
  { base: 'characters', normalizer: null, pre_tokenizer: metaspace('first', { split: false }), decoder: metaspace('first'), added_tokens: tok({ normalized: true }) },
  { base: 'characters', normalizer: null, pre_tokenizer: metaspace('never'), decoder: metaspace('never'), added_tokens: tok({ single_word: true }) },
  { base: 'characters', added_tokens: tok({ normalized: true, lstrip: true }) },
  { base: 'characters', added_tokens: tok({ single_word: true, rstrip: true }), normalizer: sequence('normalizers', [{ type: 'Lowercase' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }]), pre_tokenizer: sequence('pretokenizers', [{ type: 'WhitespaceSplit' }, metaspace('first')]) },
  { base: 'characters', model: { fuse_unk: false, ignore_merges: true } },
  { base: 'bare' },
  { base: 'bare', model: { fuse_unk: false }, decoder: null },
  { base: 'bare', model: { unk_token: null }, post_processor: null },
  { base: 'suffix' },
  { base: 'suffix', pre_tokenizer: { type: 'WhitespaceSplit' }, decoder: { type: 'Fuse' } },
  { base: 'prefix' },
  { base: 'words' },
  { base: 'words', normalizer: sequence('normalizers', [{ type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }, { type: 'Strip', strip_left: true, strip_right: false }]), pre_tokenizer: { type: 'Whitespace' } },
  { base: 'words', normalizer: sequence('normalizers', [{ type: 'NFKC' }, { type: 'Nmt' }]), pre_tokenizer: sequence('pretokenizers', [{ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'MergedWithPrevious' }]) },
  ...['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'].map((b, i) => ({ base: 'words', pre_tokenizer: sequence('pretokenizers', [split({ String: 'l' }, b, i % 2 === 1), { type: 'BertPreTokenizer' }]) })),
  { base: 'words', pre_tokenizer: sequence('pretokenizers', [split({ Regex: '\\s+' }, 'MergedWithNext'), { type: 'Digits', individual_digits: false }]), normalizer: null, decoder: { type: 'WordPiece', prefix: '##', cleanup: false } },
  { base: 'words', normalizer: null, pre_tokenizer: null },
  { base: 'unigram' },
  { base: 'unigram', pre_tokenizer: null, normalizer: sequence('normalizers', [{ type: 'NFKD' }, { type: 'Replace', pattern: { String: ' ' }, content: M }]), decoder: { type: 'Replace', pattern: { String: M }, content: ' ' } },
  { base: 'unigram', model: { byte_fallback: true, vocab: [...unigramPieces, ...bytePieces.map(b => [b, -20])] }, decoder: sequence('decoders', [{ type: 'ByteFallback' }, metaspace('always'), { type: 'Strip', content: 'l', start: 1, stop: 0 }]) },
  // Expressions of published tokenizers that are not scanned by hand: GPT-4o's, DeepSeek's, cl100k's, BLOOM's, CLIP's; Falcon's and StarCoder's splitters.
  ...[[gpt4o], ['\\p{N}{1,3}', '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+', deepseek], [cl100k], [' ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+'], ["(?<=[a-z])(?=[A-Z])|(?<!\\d)\\d{2,}?|\\b[ln]|(?i)HE(?>l+)o|^\\s|o$"]]
    .map(all => ({ base: 'bytes', pre_tokenizer: sequence('pretokenizers', [...all.map(Regex => split({ Regex })), byteLevel(false, false)]) })),
  { base: 'words', pre_tokenizer: split({ Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" }, 'Removed', true) },
  { base: 'bytes', pre_tokenizer: sequence('pretokenizers', [{ type: 'Punctuation', behavior: 'Contiguous' }, byteLevel(false), { type: 'Digits', individual_digits: false }, split({ Regex: '[0-9][0-9][0-9]' })]) },
  { base: 'bytes', normalizer: { type: 'ByteLevel' }, pre_tokenizer: { type: 'FixedLength', length: 5 } },
  { base: 'words', pre_tokenizer: { type: 'CharDelimiterSplit', delimiter: 'e' } },
];

// The whole file of a variant; the tests put it together the same way.
export function whole({ base, model, ...changes }) {
  return { ...bases[base], ...changes, model: { ...bases[base].model, ...model } };
}
