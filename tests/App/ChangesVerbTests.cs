using System.Text.Json;
using Heartwood.App.Commands;
using Heartwood.Lab.Changes;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>Changes and exports by the command line, with one of each that lives in this test.</summary>
[Collection("the thread team")]
public sealed class ChangesVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    (int Code, string Out, string Error) Run(params string[] arguments)
    {
        World world = new();
        Tenants tenants = Tenants.Usual with
        {
            Changes = [.. Tenants.Usual.Changes, new WithoutLastMlp(0)],
            Exports = [.. Tenants.Usual.Exports, new Listing()],
        };
        int code = CommandLine.Run(arguments, world.Redirected(), tenants: tenants);
        return (code, world.Out.ToString(), world.Error.ToString());
    }

    [Fact]
    public void A_change_and_an_export_of_a_program_s_own_go_through_cut()
    {
        SmallRuns.Works(runs.Find("run", 4));
        var (code, output, error) = Run("cut", runs.At("run"), "--change", "cut", "without-last-mlp,layer=0",
            "--export", "hugging-face", "listing", "--out", runs.At("made"), "--json");
        Assert.True(code == 0, error);
        JsonElement changes = JsonDocument.Parse(output).RootElement.GetProperty("changes");
        Assert.Equal(["cut", "without-last-mlp"], changes.EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        Assert.All(changes.EnumerateArray(), c => Assert.InRange(c.GetProperty("largestDifference").GetDouble(), 0, 1e-5));
        Assert.Equal("has no MLP in layer 0", changes[1].GetProperty("claim").GetString());
        foreach (JsonElement change in changes.EnumerateArray())
        {
            string name = change.GetProperty("name").GetString()!;
            Assert.Equal(runs.At("made", name), change.GetProperty("exports").GetProperty("hugging-face").GetString());
            Assert.Equal(runs.At("made", $"{name}-listing.txt"), change.GetProperty("exports").GetProperty("listing").GetString());
            string count = File.ReadLines(runs.At("made", $"{name}-listing.txt")).Last();
            Assert.Equal($"{change.GetProperty("parameters").GetInt64()} weights", count);
            SmallRuns.Works("inspect", runs.At("made", name));
        }
        Assert.True(changes[0].GetProperty("speed").GetProperty("speedUp").GetDouble() > 0);
        Assert.Contains("expected a new or empty folder", Run("cut", runs.At("run"), "--change", "cut", "--out", runs.At("made")).Error);
    }

    [Fact]
    public void Cut_and_full_size_by_name_are_the_files_that_cut_writes()
    {
        SmallRuns.Works(runs.Find("run", 4));
        SmallRuns.Works("cut", runs.At("run"));
        string said = SmallRuns.Works("cut", runs.At("run"), "--export", "hugging-face", "--out", runs.At("made"));
        Assert.Contains("cut: ", said);
        Assert.Contains("computes what the masked model does, within ", said);
        foreach (string folder in (string[])["cut", "full-size"])
            foreach (string file in Directory.GetFiles(runs.At("run", folder)))
                Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(runs.At("made", folder, Path.GetFileName(file))));
    }

    [Fact]
    public void What_cannot_be_made_or_written_is_refused_by_name()
    {
        SmallRuns.Works(runs.Find("run", 4));
        foreach (var (asked, gist) in new (string[], string)[]
        {
            (["--change", "cutt"], "There is no change 'cutt'. Did you mean cut? There are: cut, full-size, quantize, without-last-mlp."),
            (["--change", "cut,layer=1"], "cut takes no options, not 'layer' either."),
            (["--change", "cut", "cut"], "--change names cut twice"),
            (["--change", "without-last-mlp,layer=9"], "'layer' takes a whole number from 0 to 1, not '9'."),
            (["--change", "without-last-mlp,layer=1"], "The toy only knows layer 0."),
            (["--export", "onxx"], "There is no export 'onxx'. Did you mean onnx?"),
            (["--export", "listing,long=yes"], "listing takes no options"),
            (["--export", "onnx,weights=float8"], "onnx: 'weights' takes float32, float16 or int8, not 'float8'."),
        })
        {
            var (code, output, error) = Run(["cut", runs.At("run"), .. asked, "--out", runs.At("made")]);
            Assert.Equal((1, ""), (code, output));
            Assert.Contains(gist, error);
            Assert.False(Directory.Exists(runs.At("made")));
        }
        Assert.Contains("Where should the result go?", Run("cut", runs.At("run"), "--change", "cut").Error);
    }

    sealed class WithoutLastMlp(int layer) : IChange
    {
        public string Name => "without-last-mlp";

        public string InWords => "the model without the MLP of a layer";

        public IChange With(TenantSpec options)
        {
            int asked = options.Number("layer", 0, 0, 1);
            options.RefuseUnread();
            return new WithoutLastMlp(asked);
        }

        public string? WhyNot(Original of) => layer == 0 ? null : "The toy only knows layer 0.";

        public Changed Apply(Original of)
        {
            Original without = of with { Kept = [.. of.Ablation.Universe.Parts.Where(p => p.ToString() != $"L{layer}.MLP")] };
            Changed cut = new CutChange().Apply(without);
            return cut with { Proof = cut.Proof with { Claim = $"has no MLP in layer {layer}" } };
        }
    }

    sealed class Listing : IExport
    {
        public string Name => "listing";

        public string InWords => "the names of its tensors";

        public IExport With(TenantSpec options)
        {
            options.RefuseUnread();
            return this;
        }

        public string? WhyNot(IModel model) => null;

        public string Write(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string path, bool replace)
        {
            string file = path + ".txt";
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllLines(file, [.. model.Weights.All.Keys, $"{model.Weights.Count} weights"]);
            return file;
        }
    }
}
