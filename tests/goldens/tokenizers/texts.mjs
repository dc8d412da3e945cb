// Odd texts, and text to train small vocabularies on.
export const odd = [
  '', ' ', '  ', '\t\n\r', 'a', ' a', 'a ', 'The old artist met the young baker.', 'UNAFFABLE unaffable Unaffable', "Don't stop -- it's 1,000.50$ (or so)!?", "I'M YOU'RE we'VE they'll 'S'd '\u017f can''t '' ' s",
  'two  spaces   three    four', 'x' + ' '.repeat(40) + 'y' + ' '.repeat(7), '\n\n  line\r\n\r\n\tindented  \n', 'def f(x):\n    return x+1  # 12345 67 8\n\n\n', '1234567890 \u0661\u0662\u0663\u0664 \u00b2\u00bd \u2167 3.14e-10',
  'caf\u00e9 cafe\u0301 CAF\u00c9 \u00c5ngstr\u00f6m A\u030angstro\u0308m', 'e\u0301\u0327 e\u0327\u0301 q\u0307\u0323 q\u0323\u0307', '\u1e9b\u0323 \u1ea5\u1ed9 Vi\u1ec7t Nam', '\u0130stanbul I\u0307 \u0131i', '\u039f\u0394\u039f\u03a3 \u03c3\u03c2', 'Stra\u00dfe \u1e9e',
  '\ufb01ne \ufb03 \u0132 \u01c5 \u212b \u2126 \uff21\uff22', '\u4f60\u597d\u4e16\u754c abc\u4e2d\u6587def\u3002', '\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8 \u304c\u304b\u3099 \uff76\uff9e', '\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab', '\uf900\u{2f800}\u{20000}x',
  '\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467} ok\u{1f44d}\u{1f3fd} \u2764\ufe0f\u{1f1eb}\u{1f1f7}', 'a\u0000b\u0001c\u001fd\u007fe\u009ff\u0085g', 'a\u00a0b\u2002c\u2028d\u3000f\u202fg\u1680i\u180ej', 'zero\u200bwidth\u200dj\u2060\ufeffbom\u00ad',
  '\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd \u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f \u200f\u202bx\u202c', '\u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22', '\ufffda\ufffd \ue000x\u{10fffd}', '\u2581x \u2581 y\u2581\u2581z', '<0x41><0x0A> <unk> <0xE2>',
  '<s> a</s>b <mask> c<mask>d  <mask>  e', 'a [MASK] b[MASK]c', 'xTOKx TOK, TOK tok Tok_ TOK', '<|endoftext|>The<|endoftext|> old', '\u20ac10 \u00a35 +=<>|~^ \u2192 \u201cq\u201d \u2018s\u2019 \u2014\u2026', 'the'.repeat(60), '\u4e2d'.repeat(70), 'hello hello, hello! hell hello', '\u00c3\u00a9 \u0120the \u010a',
];
export const halves = [[0xd800], [0xdc00, 0x61], [0x61, 0xd83d], [0x61, 0xdc00, 0xd800, 0x62], [0xd83d, 0xd83d, 0xde00]];
export const corpus = `The old artist met the young baker near the house, and the baker said hello to the artist. It rained because the guard ran behind the judge.
Hello, said the poet; hello hello! They don't stop, it's what they're for. We'll see 12 of 1000 words in 2024 and 1999. I'm sure you've heard. The unaffable man,
the thing that they thought they had, and there, then, those others whether other weather. She said that he had said the same thing as the others had said.
def f(x):\n    return x + 1\n    for i in range(10):\n        print(i)\n`;
