namespace Heartwood.Lab.Tasks.Tables;

/// <summary>How data is named on the command line, for people: the forms, and every key. <c>heartwood help data</c> prints it.</summary>
public static class DataHelp
{
    /// <summary>What can stand after <c>--data</c> and the like, each with what it is.</summary>
    public static IReadOnlyList<(string Form, string Means)> Forms { get; } =
    [
        ("reviews.csv,text=review,label=stars", "a sentence and its label"),
        ("pairs.jsonl,text=a,pair=b,label=gold,case=kind", "a pair; accuracy is also given per case"),
        ("own.tsv,text=a,pair=b,label=gold,without=-1", "no rows of this label (several: without=-1|unsure)"),
        ("own.tsv,labels=0>no|1>yes", "the file's labels renamed"),
        ("sim.csv,text=a,pair=b,label=points,task=scores", "scores, for a model that gives one number"),
        ("hans.tsv,cases=ln_passive|ln_conjunction,per-case=200", "only these cases, at most 200 rows of each"),
        ("train.tsv,rows=8000", "at most 8,000 rows, spread evenly over the file"),
        ("hans=heuristics.tsv,preset=hans", "a name for the set, and its layout"),
        ("book.txt,window=128,stride=64,rows=500", "running text: windows of 128 tokens, 64 apart, at most 500"),
        ("stories.txt,format=lines", "one text a line"),
        ("pairs.tsv,task=pairs,text=good,pair=bad,case=kind", "minimal pairs, for a language model"),
        ("p.tsv,task=prompts,text=clean,pair=corrupted,label=answer,wrong=other", "prompts; several answers are written a|b"),
        ("world:training,rows=8000,seed=2", "the made-up language, also world:in-domain"),
        ("world:out-of-domain,per-case=60", "the same on other constructions, also world:unseen"),
    ];

    /// <summary>Every key that may stand after a file's name, with what it says.</summary>
    public static IReadOnlyList<(string Key, string Means)> Keys { get; } =
    [
        ("preset", $"the layout, one of {string.Join(", ", Preset.All.Select(p => p.Name))}; known ones are seen from the first line"),
        ("format", "tsv, csv, jsonl or parquet; text for one running text, lines for one text a line; else the file's name tells"),
        ("header", "yes or no: whether the first line names the columns"),
        ("task", "what the rows ask: labels, scores, pairs (which of two sentences is likelier), prompts (which answer comes next) or "
            + "text"),
        ("text", "the column of the sentence, or the first of two; by number from 1 where there is no header"),
        ("pair", "the column of the second sentence, the bad one of a minimal pair, the corrupted prompt"),
        ("label", "the column of the labels, the scores, the right answers (read as written, with their space)"),
        ("wrong", "the column of a prompt's wrong answers"),
        ("case", "the column of named slices, each measured apart"),
        ("group", "the column of wider slices that hold every label"),
        ("other", "the column of another text, of which --ablation interchange takes values"),
        ("labels", "A>B|C>D renames the file's labels; what the model's labels count as is --label-map's"),
        ("without", "no rows of these labels"),
        ("cases", "only rows of these cases"),
        ("not-cases", "no rows of these cases"),
        ("per-case", "at most so many rows of each case"),
        ("rows", "at most so many rows (of running text, windows), spread evenly"),
        ("window", "tokens in a window of running text"),
        ("stride", "tokens between the beginnings of two windows"),
    ];

    /// <summary>All of it, one line for each paragraph, form or key; two columns are apart by two spaces.</summary>
    public static IReadOnlyList<string> Lines =>
    [
        "Data:",
        "  A file, and after it, with commas, what is in it: FILE,key=value,… Several stand in a row and are pooled; NAME=FILE gives one a "
            + "name. A comma inside a name is written twice. In a shell, words with > or | stand in quotes.",
        "",
        "Forms:",
        .. Forms.Select(form => $"  {form.Form}  {form.Means}"),
        "",
        "Keys:",
        .. Keys.Select(key => $"  {key.Key}=  {key.Means}"),
        "",
        "Files:",
        "  Tables are tab-separated, comma-separated, JSON lines (or one list) or Parquet, also packed by gzip; text in UTF-8, or in "
            + "UTF-16 with its mark. A .txt file without tabs is running text. What has another form is refused with the way to convert "
            + "it.",
        "",
        "Labels and scores:",
        "  Numbers with decimals, or more than 20 different whole ones, are scores, for a model that gives one number; task=labels or "
            + "task=scores says otherwise. Rows labelled - or -1 are left out in the layouts of SNLI, MNLI and GLUE, and refused elsewhere "
            + "until without= or labels= says what they are. predict reads files without labels too.",
    ];
}
