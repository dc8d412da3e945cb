using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Json;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood convert FOLDER --out FOLDER</c>: the safetensors copy of a model that PyTorch saved.</summary>
static class ConvertVerb
{
    static readonly Argument<string> model = new("MODEL")
    {
        Description = "The model's folder (pytorch_model.bin, or shards with their index), or one file of weights: .bin, .pt, .pth, .ckpt, "
            + ".safetensors.",
    };
    static readonly Option<string?> into = new("--out")
    {
        Description = "Where to write: a new or empty folder; of one file of weights, a new file that ends with .safetensors.",
        HelpName = "FOLDER",
    };
    static readonly Option<string?> entry = new("--entry")
    {
        Description = "Of a file with several dicts of tensors (a trainer's checkpoint): which to take, for example state_dict, model/ema "
            + "for a dict inside a dict, or . for the file's own.",
        HelpName = "NAME",
    };
    static readonly Option<bool> float32 = new("--float32")
    {
        Description = "Round tensors of F64 to float32, in which Heartwood computes; all others stay as they are.",
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("convert", "Writes the safetensors copy of a model that PyTorch saved: tensors bit for bit under " +
        "their own names, config.json and the tokenizer as they are. Tied tensors get a copy under each name. " +
        "Nothing of PyTorch's pickles is run.",
        "convert models/bert-tiny --out models/bert-tiny-safetensors", "convert last.ckpt --entry state_dict --out last.safetensors")
    {
        Arguments = { model },
        Options = { into, entry, float32 },
        WritesOut = _ => true,
        Run = (parsed, session) =>
        {
            string place = parsed.GetValue(into)
                ?? throw new ArgumentException("Where should the copy go? Give a folder with --out FOLDER; of one file, "
                    + "--out FILE.safetensors.");
            Conversion done = Conversion.Write(parsed.GetRequiredValue(model), place, parsed.GetValue(entry),
                parsed.GetValue(float32),
                (written, of) => session.Progress.Report(new("converting", written, of, "tensors")), session.Stop);
            session.Result(() => JsonSerializer.Serialize(done, JsonWriting.Published), () => string.Join('\n', Lines(done)));
        },
    };

    static IEnumerable<string> Lines(Conversion done)
    {
        yield return $"{done.From}: {done.Tensors} tensors, {Words.Bytes(done.Bytes)} " +
            $"({string.Join(", ", done.Dtypes.Select(d => $"{d.Value} {d.Key}"))})";
        foreach (IReadOnlyList<string> names in done.Shared.Take(5)) yield return "one tensor under several names, each now with a copy " +
            $"of its own: {Some(names)}";
        if (done.Shared.Count > 5) yield return $"and {done.Shared.Count - 5} more such tensors";
        if (done.Rounded.Count > 0) yield return $"rounded from F64 to F32: {Some(done.Rounded)}";
        if (done.Skipped.Count > 0) yield return $"not tensors of the model, left out: {Some(done.Skipped)}";
        if (done.Copied.Count > 0) yield return $"copied as they are: {Some(done.Copied)}";
        if (done.LeftOut.Count > 0) yield return $"not copied: {Some(done.LeftOut)}";
        yield return $"Written to {Path.GetFullPath(done.Into)}";
    }

    static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(12)) + (names.Count > 12 ? $" and {names.Count - 12} " +
        "more" : "");
}
