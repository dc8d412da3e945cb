// A small charsmap as SentencePiece compiles them: a double-array trie (darts-clone) of byte strings to offsets, its
// length in bytes before it and the replacements, each ended by a zero byte, behind it; in base 64.
const rules = [['\uff21', 'A'], ['\ufb01', 'fi'], ['\u212b', '\u00c5'], ['e\u0301', '\u00e9'], ['\u00a0', ' '], ['\u3000', ' '], ['\t', ' '], ['\n', ' '], ['\u0000', ''], ['\u200b', ' '], ['\u00ad', ''],
  ['\u2126', '\u03a9'], ['\u00bd', '1/2'], ['\u0344', '\u0308\u0301'], ['\u1100\u1161', '\uac00'], ['a', 'a'], ['\u{1f600}', ':)'], ['\u0345', '']];
const encoder = new TextEncoder();
let strings = [];
const leaves = new Map();
for (const [from, to] of rules) {
  leaves.set(Buffer.from(from).toString('latin1'), strings.length);
  strings.push(...encoder.encode(to), 0);
}
// A key with a zero byte cannot be found, as the search ends there; it stays out.
const keys = [...leaves.keys()].filter(k => !k.includes('\0')).sort();
const units = [0];
const used = new Set([0]);
const grow = n => { while (units.length < n) units.push(0); };
place(0, '', 0);
function place(node, prefix, label) {
  const below = keys.filter(k => k.startsWith(prefix)), leaf = below.includes(prefix) && prefix !== '';
  const children = [...new Set(below.filter(k => k.length > prefix.length).map(k => k.charCodeAt(prefix.length)))];
  const wanted = leaf ? [0, ...children] : children;
  let base = 1;
  while (wanted.some(c => used.has((node ^ base) ^ c))) base++;
  units[node] = (base << 10 | (leaf ? 1 << 8 : 0) | label) >>> 0;
  for (const c of wanted) used.add((node ^ base) ^ c);
  grow(Math.max(...used) + 1);
  if (leaf) units[node ^ base] = (0x80000000 | leaves.get(prefix)) >>> 0;
  for (const c of children) place((node ^ base) ^ c, prefix + String.fromCharCode(c), c);
}
grow(Math.ceil((units.length + 256) / 256) * 256);   // any next byte may be looked up
const trie = Buffer.alloc(4 + 4 * units.length);
trie.writeUInt32LE(4 * units.length, 0);
units.forEach((u, i) => trie.writeUInt32LE(u, 4 + 4 * i));
export const charsmap = Buffer.concat([trie, Buffer.from(strings)]).toString('base64');
