// The tokenizers library (Rust) through its Node binding: a text's lines to ids, one by one or all in one call, on one thread.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

function tokenizerOf({ Tokenizer }, folder) {
  if (existsSync(`${folder}/tokenizer.json`)) return Tokenizer.fromFile(`${folder}/tokenizer.json`);
  const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
  const level = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return Tokenizer.fromString(JSON.stringify({
    version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: level, post_processor: null, decoder: level,
    model: { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false,
      vocab: JSON.parse(read("vocab.json")), merges: read("merges.txt").split("\n").filter((l) => l && !l.startsWith("#version")) },
  }));
}

export const cases = {
  tokenizer({ folder, text }) {
    process.env.TOKENIZERS_PARALLELISM = "false";
    process.env.RAYON_NUM_THREADS = "1";
    const set = (work) => () => {
      const tokenizer = tokenizerOf(createRequire(import.meta.url)("tokenizers"), folder);
      const lines = readFileSync(text, "utf8").split("\n");
      return () => work(tokenizer, lines);
    };
    return {
      "line by line": set(async (tokenizer, lines) => {
        for (const line of lines) (await tokenizer.encode(line, null, { addSpecialTokens: false })).getIds();
      }),
      "all lines in one call": set(async (tokenizer, lines) => {
        for (const encoded of await tokenizer.encodeBatch(lines, { addSpecialTokens: false })) encoded.getIds();
      }),
    };
  },
};
