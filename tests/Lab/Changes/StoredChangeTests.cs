using Heartwood.Lab.Changes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Changes;

/// <summary>What changes make keeps the dtypes of its source, and what is proved of it is proved of the file.</summary>
public sealed class StoredChangeTests : IDisposable
{
    static readonly IReadOnlyList<Example> examples = Small.Examples(30);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    IModel Stored(string family, Dtype dtype, string name = "model")
    {
        if (!Directory.Exists(temporary.At(name)))
            ModelFolder.Save(Small.Model(layers: 2, heads: 2, family: family), temporary.At(name), new Dictionary<string, byte[]>(), dtype);
        return Load(name);
    }

    IModel Load(string name)
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(temporary.At(name));
        return ModelFolder.Load(folder);
    }

    static Original Of(IModel model, string ablation)
    {
        Universe universe = model.Universe();
        return new([model], Small.Some(universe, 3), Small.Absent(model, universe, ablation), Classification.Instance, examples);
    }

    public static TheoryData<string, Dtype> Everything()
    {
        TheoryData<string, Dtype> all = [];
        foreach (string family in ModelFolder.Families)
            foreach (Dtype dtype in (Dtype[])[Dtype.F32, Dtype.F16, Dtype.BF16]) all.Add(family, dtype);
        return all;
    }

    [Theory, MemberData(nameof(Everything))]
    public void The_file_has_the_dtype_of_its_source_and_is_the_model_that_was_proved(string family, Dtype dtype)
    {
        IModel model = Stored(family, dtype);
        foreach (IChange change in (IChange[])[new CutChange(), new FullSizeChange()])
        {
            Original of = Of(model, "mean");
            if (change.WhyNot(of) is not null) continue;
            Changed made = change.Apply(of);
            new HuggingFaceExport().Write(made.Model, new Dictionary<string, byte[]>(), temporary.At(change.Name), replace: false);
            using (HuggingFaceFolder folder = HuggingFaceFolder.Open(temporary.At(change.Name)))
                Assert.All(folder.Weights.Names, name => Assert.Equal(dtype, folder.Weights.DtypeOf(name)));
            IModel again = Load(change.Name);
            Small.SameBits(made.Model, again);
            Assert.Equal(MaskMeasuring.LargestDifference(model, again, of.Kept, of.Ablation, of.Problem, examples, default),
                made.Proof.LargestDifference);
            Assert.Equal(made.Model.Weights.Count * dtype.Size(), made.Model.Weights.StoredBytes);
            if (dtype == Dtype.F32)
            {
                Assert.Null(made.Proof.BeforeStoring);
                Assert.InRange(made.Proof.LargestDifference, 0, 2e-5);
            }
            else
            {
                Assert.InRange(made.Proof.BeforeStoring!.Value, 0, 2e-5);
                Assert.InRange(made.Proof.LargestDifference, made.Proof.BeforeStoring.Value, 0.1);
            }
        }
    }

    [Fact]
    public void Where_nothing_is_folded_nothing_is_rounded()
    {
        foreach (Dtype dtype in (Dtype[])[Dtype.F16, Dtype.BF16])
        {
            Changed made = new CutChange().Apply(Of(Stored("bert", dtype, $"{dtype}"), "zero"));
            Assert.Null(made.Proof.BeforeStoring);
            Assert.InRange(made.Proof.LargestDifference, 0, 1e-5);
        }
    }

    [Fact]
    public void Tensors_of_several_dtypes_keep_each_its_own_and_new_ones_have_that_of_most_numbers()
    {
        IModel small = Small.Model(layers: 2, heads: 2, family: "llama");
        NamedTensor[] mixed = [.. small.Weights.Named(null).Select(t => t with { Dtype = t.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? Dtype.F32 : Dtype.BF16 })];
        HuggingFaceFolder.Write(temporary.At("mixed"), (System.Text.Json.Nodes.JsonObject)small.Config.DeepClone(), mixed, new Dictionary<string, byte[]>());
        IModel model = Load("mixed");
        Assert.Equal(Dtype.BF16, model.Weights.Commonest);
        IModel cut = new CutChange().Apply(Of(model, "mean")).Model;
        ModelFolder.Save(cut, temporary.At("cut"), new Dictionary<string, byte[]>(), dtype: null);
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(temporary.At("cut"));
        Assert.Contains(folder.Weights.Names, name => !model.Weights.All.ContainsKey(name));
        Assert.All(folder.Weights.Names, name =>
            Assert.Equal(name.EndsWith("norm.weight", StringComparison.Ordinal) ? Dtype.F32 : Dtype.BF16, folder.Weights.DtypeOf(name)));
    }

    [Fact]
    public void A_number_that_its_dtype_cannot_store_is_refused_by_name()
    {
        IModel model = Stored("bert", Dtype.F16);
        string bias = model.Weights.All.Keys.First(name => name.EndsWith("output.dense.bias", StringComparison.Ordinal));
        IModel large = model.With(model.Config, model.Weights.Map((name, t) => name == bias ? Tensor.Filled(7e4f, t.Shape).KeepForever() : t));
        string message = Assert.Throws<CheckpointException>(() => large.AsStored()).Message;
        Assert.Contains($"'{bias}' would hold 70000, which F16", message);
    }
}
