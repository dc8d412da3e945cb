using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Studies.Recipes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Subnetworks.Formats;

namespace Heartwood.Tests.Lab;

/// <summary>Mutated files: whatever their bytes, a reader gives its value or throws the exception that it documents. The same mutations every time.</summary>
public sealed class FuzzTests
{
    const string Config = """{"model_type":"bert","hidden_size":768,"hidden_act":"gelu","layer_norm_eps":1e-12,"id2label":{"0":"a","1":"b"},"num_labels":2,"pruned_heads":{},"heads":[1,2,3],"use_cache":true,"x":null,"é":"\u00e9"}""";

    static readonly string[] Splices =
    [
        "9223372036854775807", "-1", "18446744073709551616", "1e400", "4294967296", "null", "[]", "{}", "\"", "\\ud800", "\\u0000", ",", ":", "\n", "\r\n", "\t", "\"\"", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "F64", "I64", "__metadata__", "data_offsets", "label", "gold_label", "-", "\uFEFF", "\uD83D\uDE00", " ",
    ];

    [Fact]
    public void Mutated_safetensors_are_refused_or_read_within_their_bytes() => Fuzz(25_000, Files.SmallSafetensors(), bytes =>
        Assert.Equal(ReadBetween(0x00, bytes), ReadBetween(0xFF, bytes)));

    /// <summary>All numbers of a file whose bytes lie between two walls: what changes with the walls was read outside.</summary>
    static List<uint> ReadBetween(byte wall, byte[] bytes)
    {
        byte[] walls = [.. Enumerable.Repeat(wall, 64)], walled = [.. walls, .. bytes, .. walls];
        using SafetensorsFile file = SafetensorsFile.Open(walled.AsMemory(64, bytes.Length), "fuzz");
        List<uint> read = [];
        foreach (string name in file.Names.Where(name => file.DtypeOf(name).IsFloat32Readable()))
        {
            float[] values = new float[file.Count(name)];
            file.Read(name, values);
            read.AddRange(values.Select(BitConverter.SingleToUInt32Bits));
        }
        Assert.Equal(bytes.Length, 8 + BitConverter.ToInt64(bytes) + file.Names.Sum(name => file.Count(name) * file.DtypeOf(name).Size()));
        return read;
    }

    [Fact]
    public void Mutated_safetensors_headers_of_the_right_length_are_refused_or_right()
    {
        byte[] valid = Files.SmallSafetensors();
        int end = 8 + (int)BitConverter.ToInt64(valid);
        Fuzz(30_000, valid[8..end], header =>
        {
            using SafetensorsFile file = SafetensorsFile.Open((byte[])[.. BitConverter.GetBytes((long)header.Length), .. header, .. valid[end..]], "fuzz");
            Assert.Equal(valid.Length - end, file.Names.Sum(name => file.Count(name) * file.DtypeOf(name).Size()));
        });
    }

    [Fact]
    public void Mutated_configs_are_read_or_refused() => Fuzz(30_000, Encoding.UTF8.GetBytes(Config), bytes =>
    {
        ModelConfig config = new(bytes, "config.json");
        _ = (config.Family, config.RequirePositive("hidden_size"), config.Require<string>("hidden_act"), config.Require<double>("layer_norm_eps"), config.Optional<float>("layer_norm_eps", 0));
        _ = (config.Labels(2), config.Require<int[]>("heads"), config.Optional("use_cache", false), config.ToJson().ToJsonString());
        config.RefuseUnknown("é");
    });

    /// <summary>
    /// Of each family several published configs; sizes that come out are such that a model of them could be made, or refused for its
    /// weights.
    /// </summary>
    [Fact]
    public void Mutated_configs_of_published_models_are_read_by_their_families_or_refused()
    {
        int each = 40_000 / PublishedConfigTests.Loading.Count() + 1;
        string[] keys = [.. PublishedConfigTests.Loading.SelectMany(c => (JsonObject)JsonNode.Parse(c.Utf8)!).Select(p =>
            p.Key).Distinct()];
        foreach (var (i, (utf8, labels)) in PublishedConfigTests.Loading.Index())
            Fuzz(each, utf8, (valid, chance) => chance.Flip(0.3) ? Mutate(valid, chance) : WithOtherValues(valid, keys, chance), bytes =>
            {
                ConfigFacts facts = ConfigFacts.Read(new(bytes, "config.json"), labels);
                Assert.InRange(facts.Layers, 1, ModelConfig.MostOfACount);
                Assert.InRange(facts.Heads, 1, ModelConfig.MostOfACount);
                Assert.InRange(facts.KeyValueHeads, 1, facts.Heads);
                int[] sizes = [facts.Width, facts.HeadWidth, facts.Vocabulary, facts.Positions];
                Assert.All(sizes, size => Assert.InRange(size, 1, ModelConfig.MostOfASize));
                Assert.Equal(labels, facts.Labels.Distinct().Count());
            }, $"published config {i}");
    }

    static readonly string[] values =
    [
        "null", "true", "false", "0", "1", "-1", "2", "3", "7", "64", "65536", "16777216", "2147483647", "-2147483648", "2147483648",
            "1e-12",
        "0.5", "1e30", "1e308", "-0.0", "\"\"", "\"bert\"", "\"gelu\"", "\"float16\"", "\"yarn\"", "[]", "[0]", "[1,2,3]", "[[1],[2]]",
            "[null]",
        "{}", "{\"0\":\"a\",\"1\":\"a\"}", "[\"full_attention\",\"sliding_attention\"]", "{\"rope_type\":\"linear\",\"factor\":2}",
        "{\"type\":\"dynamic\",\"factor\":1e300}", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,"
            + "\"original_max_position_embeddings\":8192,\"rope_theta\":1e-300}",
    ];

    // the same object with one to three keys that have other values, are gone or are new
    static byte[] WithOtherValues(byte[] valid, string[] keys, ChanceStream chance)
    {
        JsonObject json = (JsonObject)JsonNode.Parse(valid)!;
        for (int times = 1 + chance.Below(3); times > 0; times--)
        {
            string key = chance.Flip(0.2) ? chance.Pick(keys) : json.Select(p => p.Key).ElementAt(chance.Below(json.Count));
            if (chance.Flip(0.1)) json.Remove(key);
            else json[key] = JsonNode.Parse(chance.Pick(values));
        }
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    [Fact]
    public void Mutated_shard_indices_are_read_or_refused() => Fuzz(20_000, """{"metadata":{},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"} }"""u8.ToArray(), bytes =>
        Assert.All(Checkpoint.ReadIndex(bytes, "index").Values, shard => Assert.Equal(Path.GetFileName(shard), shard)));

    [Theory]
    [InlineData("tsv", "gold_label\tsentence1\tsentence2\theuristic\tsubcase\ttemplate\nentailment\ta b .\tb .\tconstituent\tce\tt1\r\nnon-entailment\té\t\tlexical\tcn\tt2\n", null)]
    [InlineData("tsv", "gj04\t1\t*\tA sentence.\ngj04\t0\t\tAnother.\n", null)]
    [InlineData("csv", "label,\"premise\",hypothesis\r\nx,\"a, \"\"b\"\"\nc\",\ny,d\"e,\"f\"\n", null)]
    [InlineData("jsonl", "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"gold_label\":\"x\"}\n{\"gold_label\":\"y\",\"sentence1\":\"\\u00e9\",\"sentence2\":1}\n", "x")]
    public void Mutated_tables_are_read_or_refused(string format, string content, string? label)
    {
        DataSpec spec = new($"fuzz.{format}") { Rows = 3 };
        Fuzz(10_000, Encoding.UTF8.GetBytes(content), bytes =>
        {
            var (rows, skipped, _) = new TableReader(spec, label is null ? null : [label, "y"])
                .Read(DataFile.FromBytes(spec.File, bytes), _ => { });
            Assert.InRange(rows.Count, 1, 3);
            Assert.InRange(skipped, 0, bytes.Length);
            Assert.DoesNotContain(rows, row => row.Label.Length == 0);
        });
    }

    [Fact]
    public void Mutated_data_specifications_are_read_or_refused() => Fuzz(10_000, "a.tsv,preset=hans,text=t,labels=a>b|c>d,cases=x|y,not-cases=z,per-case=20,rows=3,header=no"u8.ToArray(), bytes =>
    {
        string text = Encoding.UTF8.GetString(bytes);
        Assert.Equal(DataSpec.Parse(text).ToString(), DataSpec.Parse(DataSpec.Parse(text).ToString()).ToString());
    });

    [Theory, InlineData("heartwood"), InlineData("mib"), InlineData("edges"), InlineData("pruned-heads")]
    public void Mutated_masks_are_read_or_refused_and_what_is_read_is_written_and_read_again(string format) => Fuzz(10_000, Encoding.UTF8.GetBytes(format switch
    {
        "mib" => MibCircuitTests.Nodes,
        "edges" => MibCircuitTests.Edges,
        "pruned-heads" => PrunedHeadsTests.Bert,
        _ => MaskJsonTests.Circuit.ToJson(),
    }), bytes =>
    {
        MaskFile read = MaskFile.Parse(bytes, "fuzz.json");
        string written = read.Mask.ToJson();
        Assert.Equal(written, Subnetwork.FromJson(written, "again.json").ToJson());
        Assert.NotEmpty(Heartwood.Lab.Studies.MaskSummary.InWords(read));
        foreach (string to in (string[])["mib", "pruned-heads"])
            try { _ = MaskFile.Parse(Encoding.UTF8.GetBytes(MaskFile.Write(read.Mask, to)), "converted.json").Mask.Sparsity; }
            catch (ArgumentException e) { Assert.InRange(e.Message.Length, 20, 20_000); }
    });

    [Fact]
    public void Mutated_lists_of_parts_are_read_or_refused() => Fuzz(10_000, "L0.H1,a3.h7, m2,blocks.3.attn.hook_z[:, :, 8],5.7,L4H0"u8.ToArray(), bytes =>
        Assert.All(PartNames.ParseList(Encoding.UTF8.GetString(bytes)), part => Assert.Equal(part, Part.Parse(part.ToString()))));

    [Fact]
    public void Mutated_recipes_are_read_or_refused_with_their_line() => Fuzz(20_000, Encoding.UTF8.GetBytes("""
        title: A
        settings: {data: {about: where, default: "d"}, rows: how many}
        steps:
          found:
            verb: find
            data: [ "${data}/a.tsv,rows=${rows}", world:training ]   # é
            sparsity: [0.5, 0.6]
            all: true
          cut: {verb: cut, arguments: [${found}], mask: '${found}/x.json'}
        """), bytes =>
    {
        Recipe recipe;
        try { recipe = RecipeReader.Read(bytes, "fuzz.yaml"); }
        catch (FormatException e)
        {
            Assert.Matches(@"\Afuzz\.yaml:\d+: ", e.Message);
            throw;
        }
        FilledRecipe filled = recipe.Filled(recipe.Settings.ToDictionary(s => s.Name, _ => "value"));
        Assert.DoesNotContain("${", string.Join('\n', recipe.Steps.SelectMany(s => s.Values).Select(v => filled.Fill(v, name => $"run/{name}"))));
        _ = Heartwood.Lab.Runs.RequestText.Flatten(filled.Request(null));
    });

    /// <summary>Gives <paramref name="count"/> mutations of a valid file to a reader; some must be read and some refused, or the test tests nothing.</summary>
    internal static void Fuzz(
        int count, byte[] valid, Action<byte[]> read, [System.Runtime.CompilerServices.CallerMemberName] string test = "") =>
        Fuzz(count, valid, Mutate, read, test);

    static void Fuzz(int count, byte[] valid, Func<byte[], ChanceStream, byte[]> mutate, Action<byte[]> read, string test)
    {
        read(valid);
        int accepted = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] mutated = mutate(valid, new Chance(2, test).At(i).Stream());
            try
            {
                read(mutated);
                accepted++;
            }
            catch (Exception e) when (e is CheckpointException or TableException or FormatException)
            {
                Assert.InRange(e.Message.Length, 20, 20_000);
            }
            catch (Exception e)
            {
                Assert.Fail($"mutation {i} ({Convert.ToHexString(mutated)}): {e}");
            }
        }
        Assert.InRange(accepted, 1, count - 1);
    }

    internal static byte[] Mutate(byte[] valid, ChanceStream chance)
    {
        List<byte> bytes = [.. valid];
        for (int times = 1 + chance.Below(3); times > 0; times--)
        {
            int at = chance.Below(bytes.Count + 1), length = Math.Min(chance.Below(12), bytes.Count - at);
            switch (chance.Below(6))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << chance.Below(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)chance.Below(256); break;
                case 2 when chance.Flip(0.2): bytes.RemoveRange(at, bytes.Count - at); break;
                case 3: bytes.RemoveRange(at, length); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(chance.Below(bytes.Count - length + 1), length)); break;
                default:
                    bytes.RemoveRange(at, chance.Flip(0.5) ? length : 0);
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(chance.Pick(Splices)));
                    break;
            }
        }
        return [.. bytes];
    }
}
