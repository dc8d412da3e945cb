using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.App;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Toys;

namespace Heartwood.Tests;

/// <summary>
/// A tenant of every kind that lives in the test project (<c>tests/Toys</c>), one file each: all of them go through the house from
/// <c>find</c> to the report and through <c>cut</c>, without a line changed in <c>src</c>.
/// </summary>
[Collection("the thread team")]
public sealed class TenantTests(ToyRun toys) : IClassFixture<ToyRun>
{
    const float Share = 0.25f;

    [Fact]
    public void A_toy_finder_part_kind_ablation_and_objective_go_through_find()
    {
        Subnetwork found = Subnetwork.FromJson(File.ReadAllText(toys.At("toys", "subnetworks", "rise-sparsity-0.5.json")), "file");
        Assert.Equal(["L0.H0", "L0.H1", "L0.HALF0", "L0.HALF1", "L1.H0", "L1.H1", "L1.HALF0", "L1.HALF1"],
            found.Scores.Keys.Select(p => $"{p}"));
        Assert.Equal(("rise", 8, 4, "scaled-mean,share=0.25", "24"),
            (found.Method, found.Parts, found.Kept.Count, found.Ablation, found.Options["examples"]));
        Assert.Equal(["heads", "halves"], found.InPlay);
        Assert.Equal(found.Scores.OrderByDescending(s => s.Value).Take(4).Select(s => s.Key).Order(), found.Kept);
        foreach (string file in (string[])["rise-sparsity-0.25", "mask-gradient-sparsity-0.5", "mask-gradient-sparsity-0.25"])
            Assert.True(File.Exists(toys.At("toys", "subnetworks", $"{file}.json")), file);

        string shown = ToyRun.Works("mask", toys.At("toys", "subnetworks", "rise-sparsity-0.5.json"));
        Assert.Contains("keeps 4 of 8", shown);

        // the finders' table, and the toy's own figures of each step
        Assert.Contains("rise ", toys.Found);
        string[] steps = File.ReadAllLines(toys.At("toys", "search", "rise.jsonl"));
        Assert.Equal(9, steps.Length);
        Assert.All(steps, line => Assert.InRange(JsonDocument.Parse(line).RootElement.GetProperty("doubt").GetDouble(), 0, 1));
    }

    [Fact]
    public void The_toys_scores_are_those_of_plain_loops()
    {
        Subnetwork found = Subnetwork.FromJson(File.ReadAllText(toys.At("toys", "subnetworks", "rise-sparsity-0.5.json")), "file");
        LoadedModel loaded = LoadedModel.Load(toys.Model);
        IReadOnlyList<Example> examples = loaded.Encode(DataSource.ReadAll(["world:training,rows=40"]));
        Batch few = new([.. examples.Take(24).Select(e => e.Input)]);
        int[] labels = [.. examples.Take(24).Select(e => e.Label)];
        foreach (Place place in loaded.Model.Universe([Heads.Kind, Halves.Kind]).Places)
        {
            double without = Doubt(loaded.Model.Forward(few, new Instead(place, SharesOfMean(loaded.Model, place, examples))), labels);
            double full = Doubt(loaded.Model.Forward(few, NoProbe.Instance), labels);
            Assert.Equal(without - full, found.Scores[place.Part], 1e-5);
        }
    }

    [Fact]
    public void A_toy_question_goes_to_the_page_the_facts_and_the_terminal()
    {
        Result result = Report.Read(toys.Folder, ToyRun.Tenants.Questions);
        WithoutKindsFacts facts = result.Facts<WithoutKindsFacts>()!;
        Assert.Equal([("heads", 4), ("halves of MLPs", 4)], facts.Kinds.Select(kind => (kind.Kind, kind.Parts)));
        Assert.Equal(result.Facts<AccuracyFacts>()!.Full.InDomain, facts.Full);

        // what the house measures without the same parts
        string all = string.Join(',', Enumerable.Range(0, 4).Select(i => $"L{i / 2}.HALF{i % 2}"));
        string said = ToyRun.Works("evaluate", toys.Folder, "--without", all, "--random", "0", "--json");
        JsonElement measured = JsonDocument.Parse(said).RootElement.GetProperty("masks")[0].GetProperty("subnetwork").GetProperty("measured");
        Assert.Equal(facts.Kinds[1].InDomain.Value, measured.GetProperty("inDomain").GetProperty("value").GetDouble());

        string sentence = "Without its 4 halves of MLPs the model has ";
        Assert.Contains(sentence, File.ReadAllText(toys.At("toys", "report.html")));
        Assert.Contains(sentence, ToyRun.Works(toys.Find(toys.Folder, "--all")));
    }

    [Fact]
    public void Parts_of_a_toy_kind_and_a_toy_ablation_are_cut_exactly()
    {
        Result result = Report.Read(toys.Folder, ToyRun.Tenants.Questions);
        CutFacts cut = result.Facts<CutFacts>()!;
        Assert.True(cut.ParametersAfter < cut.ParametersBefore);
        Assert.InRange(cut.LargestDifference, 0, 1e-5);
        Assert.InRange(cut.FullSizeDifference, 0, 1e-5);
        Assert.All(result.Facts<AccuracyFacts>()!.Subnetworks, s => Assert.InRange(s.LargestDifference, 0, 1e-5));
        IModel made = LoadedModel.Load(toys.At("toys", "cut")).Model;
        Assert.All(made.Layers, layer => Assert.Contains(layer.Neurons, (int[])[0, 6, 12]));
    }

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    [Theory, MemberData(nameof(Families))]
    public void A_toy_kind_is_cut_exactly_in_every_family(string family)
    {
        IModel model = Small.Model(layers: 3, family: family);
        Universe universe = model.Universe([Halves.Kind, Heads.Kind]);
        Answers answers = new(Small.Examples(12));
        foreach (string ablation in (string[])["zero", "mean"])
        {
            Ablation left = Small.Absent(model, universe, ablation);
            for (ulong draw = 0; draw < 3; draw++)
            {
                Part[] kept = [.. Small.Some(universe, draw)];
                float[] masked = answers.Scores(model, [MaskProbe.Only(universe, kept).Values.ToArray()], left)[0];
                Small.Close(masked, answers.Scores(Cutting.Cut(model, kept, left)), $"{family}, {ablation}, draw {draw}");
            }
        }
    }

    [Fact]
    public void A_toy_change_and_a_toy_export_go_through_cut()
    {
        string output = ToyRun.Works("cut", toys.Folder, "--change", "rounded,bits=7", "cut", "--export", "plain-text", "hugging-face",
            "--out", toys.At("made"), "--json");
        JsonElement[] changes = [.. JsonDocument.Parse(output).RootElement.GetProperty("changes").EnumerateArray()];
        Assert.Equal(["is the cut model at 7 bits", "computes what the masked model does"],
            changes.Select(c => c.GetProperty("claim").GetString()));
        double[] differences = [.. changes.Select(c => c.GetProperty("largestDifference").GetDouble())];
        Assert.InRange(differences[0], 1e-5, 0.2);
        Assert.InRange(differences[1], 0, 1e-5);

        using SafetensorsFile exact = SafetensorsFile.Open(toys.At("made", "cut-hugging-face", "model.safetensors"));
        using SafetensorsFile rounded = SafetensorsFile.Open(toys.At("made", "rounded-hugging-face", "model.safetensors"));
        Assert.Equal(exact.Names, rounded.Names);
        IEnumerable<string> texts = Directory.GetFiles(toys.At("made", "cut")).Select(f => Path.GetFileNameWithoutExtension(f));
        Assert.Equal(exact.Names.Order(), texts.Order());
        foreach (string name in exact.Names)
        {
            float[] whole = new float[exact.Count(name)], short7 = new float[whole.Length];
            exact.Read(name, whole);
            rounded.Read(name, short7);
            Assert.Equal(whole, PlainText.Read(toys.At("made", "cut"), name));
            Assert.Equal(short7, PlainText.Read(toys.At("made", "rounded"), name));
            for (int i = 0; i < whole.Length; i++)
            {
                Assert.Equal(0u, BitConverter.SingleToUInt32Bits(short7[i]) & 0xFFFF);
                Assert.InRange(short7[i], whole[i] - Math.Abs(whole[i]) / 256, whole[i] + Math.Abs(whole[i]) / 256);
            }
        }
    }

    [Fact]
    public void Toys_give_the_same_files_again()
    {
        ToyRun.Works(toys.Find(toys.At("again")));
        foreach (string file in Directory.GetFiles(toys.At("toys", "subnetworks")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(toys.At("again", "subnetworks", Path.GetFileName(file))));
    }

    [Fact]
    public void Names_are_known_where_their_tenants_are_and_refused_with_the_nearest_elsewhere()
    {
        SmallRuns.Works(["find", "--model", toys.Model, "--data", "world:training,rows=20", "--in-domain", "world:in-domain,rows=20",
            "--method", "magnitude", "--out", toys.At("usual")]);
        foreach (var (asked, gist) in new (string[], string)[]
        {
            (Find("--method", "rise"), "There is no method 'rise'. "),
            (Find("--parts", "heads,halves"), "There is no kind of part 'halves'. "),
            (Find("--ablation", "scaled-mean"), "There is no ablation 'scaled-mean'. "),
            (Find("--objective", "doubt"), "There is no objective 'doubt'. "),
            (Find("--all", "--ask", "without-kinds"), "There is no question 'without-kinds'. "),
            (["cut", toys.At("usual"), "--change", "rounded", "--out", toys.At("none")], "There is no change 'rounded'. "),
            (["cut", toys.At("usual"), "--export", "plain-text", "--out", toys.At("none")],
                "There is no export 'plain-text'. "),
            (["report", toys.Folder], "It answers the question 'without-kinds', which is none of "),
            (["evaluate", toys.Folder], "There is no kind of part 'halves'. "),
            (["cut", toys.Folder], "There is no kind of part 'halves'. "),
        })
        {
            Assert.Contains(gist, ToyRun.Fails(Tenants.Usual, asked));
            Assert.False(Directory.Exists(toys.At("none")));
        }
        foreach (var (asked, gist) in new (string[], string)[]
        {
            (Find("--method", "rize"), "There is no method 'rize'. Did you mean rise?"),
            (Find("--method", "rise,example=3"), "rise takes no 'example'. Did you mean examples?"),
            (Find("--parts", "heads,halfs"), "There is no kind of part 'halfs'. Did you mean halves?"),
            (Find("--ablation", "scaled-means"), "There is no ablation 'scaled-means'. Did you mean scaled-mean?"),
            (Find("--ablation", "scaled-mean,share=2"), "scaled-mean: 'share' takes a number from 0 to 1, not '2'."),
            (Find("--objective", "doubts"), "Did you mean doubt?"),
            (Find("--objective", "pair-margin"), "there are: cross-entropy, kl-to-full, logit-difference, layers-to-full, directions-to-full, attention-to-full, relations-to-full, doubt."),
            (Find("--all", "--ask", "without-kind"), "There is no question 'without-kind'. Did you mean without-kinds?"),
            (["cut", toys.Folder, "--change", "round", "--out", toys.At("none")], "There is no change 'round'. Did you mean rounded?"),
            (["cut", toys.Folder, "--change", "rounded,bits=24", "--out", toys.At("none")],
                "rounded: 'bits' takes a whole number from 1 to 23, not '24'."),
            (["cut", toys.Folder, "--export", "text", "--out", toys.At("none")], "There is no export 'text'. Did you mean plain-text?"),
        })
        {
            Assert.Contains(gist, ToyRun.Fails(null, asked));
            Assert.False(Directory.Exists(toys.At("none")));
        }

        string[] Find(params string[] more) =>
            ["find", "--model", toys.Model, "--data", "world:training,rows=20", "--in-domain", "world:in-domain,rows=20",
                "--out", toys.At("none"), .. more];
    }

    static double Doubt(Tensor scores, int[] labels)
    {
        double sum = 0;
        int width = scores.Shape.Last;
        for (int e = 0; e < labels.Length; e++)
        {
            double[] weights = [.. scores.Values.Slice(e * width, width).ToArray().Select(score => Math.Exp(score))];
            sum += 1 - weights[labels[e]] / weights.Sum();
        }
        return sum / labels.Length;
    }

    static float[] SharesOfMean(IModel model, Place place, IReadOnlyList<Example> examples)
    {
        double[] sum = new double[place.Length];
        long tokens = 0;
        foreach (Example example in examples)
        {
            Recorder recorder = new(site => site == place.Site);
            model.Forward(new([example.Input]), recorder, Tokens.All);
            var (count, width) = recorder.Seen[place.Site].AsTokens();
            for (int t = 0; t < count; t++)
                for (int d = 0; d < place.Length; d++) sum[d] += recorder.Seen[place.Site].Values[t * width + place.Start + d];
            tokens += count;
        }
        return [.. sum.Select(total => (float)(Share * total / tokens))];
    }

    /// <summary>Constants instead of a part.</summary>
    sealed class Instead(Place place, float[] constants) : IProbe
    {
        public Tensor At(Site site, Tensor value)
        {
            if (site != place.Site) return value;
            float[] changed = value.Values.ToArray();
            var (tokens, width) = value.AsTokens();
            for (int t = 0; t < tokens; t++) constants.CopyTo(changed, t * width + place.Start);
            return Tensor.From(changed, value.Shape.Axes);
        }
    }

    [Fact]
    public void The_help_names_the_tenants_of_its_own_lists()
    {
        foreach (var (verb, names) in new (string, string[])[]
            { ("find", ["rise", "doubt", "halves", "scaled-mean:"]), ("cut", ["rounded:", "plain-text:"]) })
        {
            string own = ToyRun.Run(null, verb, "--help").Out, usual = ToyRun.Run(Tenants.Usual, verb, "--help").Out;
            foreach (string name in names)
            {
                Assert.Contains(name, own);
                Assert.DoesNotContain(name, usual);
            }
            Assert.DoesNotContain("{", own + usual);
        }
    }
}
