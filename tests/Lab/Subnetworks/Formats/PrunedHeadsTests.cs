using System.Text;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;

namespace Heartwood.Tests.Lab.Subnetworks.Formats;

public class PrunedHeadsTests
{
    internal const string Bert = """{"model_type": "bert", "hidden_size": 8, "num_attention_heads": 4, "num_hidden_layers": 3, "vocab_size": 30522, "pruned_heads": {"0": [0, 2], "2": [3, 1, 0, 2]}}""";

    static MaskFile Read(string json, ModelSizes? model = null) => MaskFile.Parse(Encoding.UTF8.GetBytes(json), "config.json", model);

    [Fact]
    public void The_heads_that_a_config_does_not_name_are_kept_and_MLPs_are_not_in_play()
    {
        MaskFile read = Read(Bert);
        Assert.Equal(("pruned-heads", "L0.H1 L0.H3 L1.H0 L1.H1 L1.H2 L1.H3", 12, 0.5, "zero", "bert", 8), (read.Format, string.Join(' ', read.Mask.Kept), read.Mask.Parts, read.Mask.Sparsity, read.Mask.Ablation, read.Mask.Model!.Family, read.Mask.Model.Width));
        Assert.Equal(["heads"], read.Mask.InPlay);
        Assert.Equal(read.Mask.Kept, Read("""{"model_type": "gpt2", "n_layer": 3, "n_head": 4, "n_embd": 8, "pruned_heads": {"0": [0, 2], "2": [3, 1, 0, 2]}}""").Mask.Kept);
        Assert.Equal(read.Mask.Kept, Read("""{"0": [0, 2], "2": [3, 1, 0, 2]}""", ModelSizes.Even("bert", 3, 4)).Mask.Kept);
    }

    [Fact]
    public void What_is_written_is_read_again_and_goes_through_Heartwood_s_file()
    {
        Subnetwork heads = Read(Bert).Mask, back = Read(MaskFile.Write(Subnetwork.FromJson(heads.ToJson(), "a.json"), "pruned-heads")).Mask;
        Assert.Equal((string.Join(' ', heads.Kept), heads.Parts, heads.Ablation), (string.Join(' ', back.Kept), back.Parts, back.Ablation));
        Subnetwork whole = heads with { Kept = [.. heads.Model!.Parts(["heads"])] };
        Assert.Contains("\"pruned_heads\": {}", MaskFile.Write(whole, "pruned-heads"));
    }

    [Fact]
    public void MLPs_and_edges_are_refused_and_what_is_lost_is_said()
    {
        Assert.Contains("MLP blocks of this subnetwork are ablated (L0.MLP)", Assert.Throws<ArgumentException>(() => MaskFile.Write(MaskJsonTests.Full, "pruned-heads")).Message);
        Subnetwork heads = MaskJsonTests.Full with { Kept = [Heads.Kind.Part(0, 0), Mlps.Kind.Part(0), Mlps.Kind.Part(1)] };
        Assert.Contains("\"1\": [\n      0\n    ]", MaskFile.Write(heads, "pruned-heads"));
        Assert.Contains("the pruned model is another one", MaskFile.Lost(heads, "pruned-heads"));
        Assert.Contains("--nodes", Assert.Throws<ArgumentException>(() => MaskFile.Write(MaskJsonTests.Circuit, "pruned-heads")).Message);
        Assert.Contains("--model FOLDER", Assert.Throws<ArgumentException>(() => MaskFile.Write(heads with { Model = null }, "pruned-heads")).Message);
    }

    [Theory]
    [InlineData("""{"0": [1]}""", "Give the whole config.json, or name the model: --model FOLDER")]
    [InlineData("""{"num_hidden_layers": 1, "num_attention_heads": 2, "pruned_heads": {"0": [2]}}""", "names head 2 of layer 0; the model has 1 layer of 2 heads")]
    [InlineData("""{"num_hidden_layers": 1, "num_attention_heads": 2, "pruned_heads": {"1": [0]}}""", "names head 0 of layer 1")]
    [InlineData("""{"num_hidden_layers": 1, "num_attention_heads": 2, "pruned_heads": {"0": [0, 0]}}""", "names head 0 of layer 0 twice")]
    [InlineData("""{"num_hidden_layers": 1, "num_attention_heads": 2, "pruned_heads": {"00": [0]}}""", "its keys are the numbers of layers")]
    [InlineData("""{"num_hidden_layers": 1, "num_attention_heads": 2, "pruned_heads": {"0": 1}}""", "pruned_heads.0: expected a list")]
    [InlineData("""{"num_hidden_layers": 1, "num_attention_heads": 2, "pruned_heads": [1]}""", "pruned_heads: expected an object")]
    [InlineData("""{"model_type": "bert", "num_hidden_layers": 1}""", "it has no 'pruned_heads': no head is gone")]
    [InlineData("""{"a": 1}""", "expected a subnetwork: Heartwood's own (with the key 'kept', see docs/masks.md)")]
    [InlineData("{}", "Found an empty object")]
    public void What_names_no_heads_is_refused_with_its_file(string json, string gist)
    {
        string message = Assert.Throws<FormatException>(() => Read(json)).Message;
        Assert.StartsWith("config.json: ", message);
        Assert.Contains(gist, message);
    }
}
