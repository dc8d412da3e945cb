using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Tasks;

/// <summary>The real pretrained model on real data.</summary>
[Collection("the thread team")]
public sealed class StoriesTaskTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Its_loss_on_running_text_is_the_independent_implementations()
    {
        LoadedModel loaded = LoadedModel.Load(Files.Real("models/stories15M"));
        JsonElement golden = Goldens.Json("llama/stories.json").GetProperty("texts")[0];
        byte[] text = File.ReadAllBytes(Files.Real(golden.GetProperty("file").GetString()!)).AsSpan(golden.GetProperty("start").GetInt32(), golden.GetProperty("length").GetInt32()).ToArray();
        File.WriteAllBytes(temporary.At("piece.txt"), text);
        Measured m = new Sets(loaded, Small.Sets([DataSource.Read(temporary.At("piece.txt"))]), LabelMap.None, 0).Measure(loaded.Model, null, default);
        double[] losses = [.. golden.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble())];
        Assert.Equal(losses.Average(), m.InDomainLoss!.Value, 1e-4);
        Assert.Equal(losses.Sum() / Math.Log(2) / text.Length, m.Figures!["inDomain"]["bits per byte"].Value, 1e-4);
        Assert.Equal(1, m.InDomain.N);
    }

    [Fact]
    public void It_knows_anaphora_and_scores_names_by_their_first_token_and_years_by_their_tens()
    {
        LoadedModel loaded = LoadedModel.Load(Files.Real("models/stories15M"));
        string Real(string path) => Files.Real(path).Replace(",", ",,");
        Sets sets = new(loaded, Small.Sets([DataSource.Read(Real("blimp/anaphor_number_agreement.jsonl") + ",rows=20")], [DataSource.Read(Real("ioi/ioi_llama.csv") + ",rows=10")],
            [DataSource.Read(Real("greater-than/greater_than_data.csv") + ",rows=10")]), LabelMap.None, 0);
        Measured m = sets.Measure(loaded.Model, null, default);
        Assert.InRange(m.InDomain.Value, 0.6, 1);
        Assert.True(m.Figures!["outOfDomain"]["logit difference"].Value > m.Figures["outOfDomain"]["logit difference, corrupted"].Value);
        Assert.Equal(10, m.OutOfDomain!.N);
        Example[] years = [.. loaded.Encode([DataSource.Read(Real("greater-than/greater_than_data.csv"))])];
        Assert.All(years, y => Assert.InRange(y.Next!.Right.Length + y.Next.Wrong.Length, 9, 10));
        Assert.Contains("of 1000 prompts", Assert.Single(loaded.Notes.Distinct(), n => n.Contains("1000 prompts", StringComparison.Ordinal)));
    }
}
