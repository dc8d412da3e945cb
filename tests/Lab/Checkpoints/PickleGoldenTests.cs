using Heartwood.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Checkpoints;

/// <summary>
/// Files of torch.save against their values as PyTorch reads them: whatever stands in tests/goldens/pickle and in the shared goldens.
/// NAME.bin is as NAME.expected.safetensors, also as NAME-legacy.bin; protocolN.bin as legacy.bin; refuse-NAME.bin is refused.
/// </summary>
public sealed class PickleGoldenTests
{
    const string Absent = "(none)", Refused = "refuse-";

    static readonly string? shared = Files.SharedGoldens("pickle");

    static string[] Folders => [.. new[] { Files.Golden("pickle"), shared }.OfType<string>()];

    static IEnumerable<string> All => Folders.SelectMany(folder => Directory.GetFiles(folder, "*.bin")).Order(StringComparer.Ordinal);

    public static TheoryData<string> Readable => Rows(All.Where(file => Expected(file) is not null));

    public static TheoryData<string> Refusable => Rows(All.Where(file =>
        Path.GetFileName(file).StartsWith(Refused, StringComparison.Ordinal)));

    public static TheoryData<string> Indices => Rows(Folders.SelectMany(folder => Directory.GetFiles(folder, "*.bin.index.json")));

    static TheoryData<string> Rows(IEnumerable<string> files) => files.Any() ? [.. files] : [Absent];

    static void Need(string file) => Assert.SkipWhen(file == Absent, "No such file is in tests/goldens/pickle, and shared/goldens/pickle " +
        "is not next to the repository, nor under HEARTWOOD_GOLDENS.");

    static string? Expected(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file), folder = Path.GetDirectoryName(file)!;
        name = name.StartsWith("protocol", StringComparison.Ordinal) ? "legacy" : name.EndsWith("-legacy", StringComparison.Ordinal)
            ? name[..^"-legacy".Length] : name;
        string values = Path.Combine(folder, $"{name}.expected.safetensors");
        return File.Exists(values) ? values : name == "zip" && File.Exists(Model(folder)) ? Model(folder) : null;
    }

    static string Model(string folder) => Path.Combine(folder, "..", "models", "bert-regression", "model.safetensors");

    [Theory, MemberData(nameof(Readable))]
    public void A_file_of_PyTorch_holds_what_PyTorch_reads_from_it(string file)
    {
        Need(file);
        using Checkpoint found = Checkpoint.Open(file), expected = Checkpoint.Open(Expected(file)!);
        Same(expected, found);
    }

    [Theory, MemberData(nameof(Indices))]
    public void Shards_of_PyTorch_hold_the_tensors_of_the_whole(string index)
    {
        Need(index);
        string folder = Path.GetDirectoryName(index)!;
        string expectedOf = index.Replace(".bin.index.json", ".expected.safetensors", StringComparison.Ordinal);
        string[] wholes = [expectedOf, Path.Combine(folder, "zip.bin"), Model(folder)];
        string? whole = Array.Find(wholes, File.Exists);
        Assert.SkipWhen(whole is null, $"What {index} should hold is in none of {string.Join(", ", wholes)}.");
        using Checkpoint found = Checkpoint.Open(index), expected = Checkpoint.Open(whole);
        Same(expected, found);
    }

    [Theory, MemberData(nameof(Refusable))]
    public void A_file_that_runs_code_or_is_damaged_is_refused_by_name(string file)
    {
        Need(file);
        string message = Assert.Throws<CheckpointException>(() => Checkpoint.Open(file)).Message;
        Assert.StartsWith(file, message);
        string? gist = Path.GetFileNameWithoutExtension(file) switch
        {
            "refuse-runs-code" => "calls for 'posix.system'",
            "refuse-unknown-class" => "calls for 'pathlib.PurePosixPath'",
            "refuse-truncated-pickle" => "data.pkl: byte",
            "refuse-cut-file" => "no directory at its end",
            "refuse-storage-missing" => "tensor 'whole': its storage",
            "refuse-past-the-end" => "tensor 'w':",
            _ => null,
        };
        if (gist is not null) Assert.Contains(gist, message);
        foreach (string folder in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory,
            Path.GetDirectoryName(file)!]) Assert.False(File.Exists(Path.Combine(folder, "ran-code")));
    }

    [Theory, MemberData(nameof(Readable))]
    public void A_converted_file_is_bit_for_bit_what_the_file_of_PyTorch_holds(string file)
    {
        Need(file);
        string written = Path.Combine(Files.NewFolder($"converted-{Path.GetFileNameWithoutExtension(file)}"), "x.safetensors");
        Conversion.Write(file, written);
        using Checkpoint found = Checkpoint.Open(written), expected = Checkpoint.Open(Expected(file)!);
        Same(expected, found);
        Assert.Equal("pt", found.Metadata["format"]);
    }

    /// <summary>The same names, shapes, dtypes and bits.</summary>
    internal static void Same(Checkpoint expected, Checkpoint found)
    {
        Assert.NotEmpty(expected.Names);
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), found.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected.Names)
        {
            Assert.Equal(expected.ShapeOf(name), found.ShapeOf(name));
            Assert.Equal(expected.DtypeOf(name), found.DtypeOf(name));
            Assert.Equal(Bytes(expected, name), Bytes(found, name));
        }
    }

    internal static byte[] Bytes(Checkpoint checkpoint, string name)
    {
        List<byte> bytes = [];
        checkpoint.ReadBytes(name, run => bytes.AddRange(run));
        return [.. bytes];
    }
}
