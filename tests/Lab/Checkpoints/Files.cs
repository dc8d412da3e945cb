using System.Buffers.Binary;
using System.Text;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Checkpoints;

/// <summary>Files that tests read: a folder of their own, safetensors bytes with any header, goldens, and real data where it is present.</summary>
static class Files
{
    /// <summary>A new empty folder, named after its test.</summary>
    public static string NewFolder([System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "scratch", test);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>A file under tests/goldens.</summary>
    public static string Golden(string path) => Path.Combine(AppContext.BaseDirectory, "goldens", path);

    /// <summary>A real file; skips the test where there is none. Looks into HEARTWOOD_DATA, then for shared/data beside a folder above.</summary>
    public static string Real(string path)
    {
        string? found = Shared("HEARTWOOD_DATA", "data", path);
        if (found is null) Assert.Skip($"shared/data/{path} is not beside the repository, nor under HEARTWOOD_DATA.");
        return found;
    }

    /// <summary>
    /// What other programs computed, in the folder that HEARTWOOD_GOLDENS names, else in shared/goldens beside a folder above; null where
    /// there is none.
    /// </summary>
    /// <param name="folder">for example "models"</param>
    public static string? SharedGoldens(string folder) => Shared("HEARTWOOD_GOLDENS", "goldens", folder);

    /// <summary>The inputs of a public report, shared/cases/NAME (or under HEARTWOOD_CASES); skips the test where there are none.</summary>
    public static string Case(string name)
    {
        string? found = Shared("HEARTWOOD_CASES", "cases", name);
        if (found is null) Assert.Skip($"shared/cases/{name} is not beside the repository, nor under HEARTWOOD_CASES.");
        return found;
    }

    static string? Shared(string variable, string kind, string path)
    {
        IEnumerable<string> places = Environment.GetEnvironmentVariable(variable) is string given ? [given]
            : Above().Select(above => Path.Combine(above, "shared", kind));
        return places.Select(place => Path.Combine(place, path)).FirstOrDefault(Path.Exists);
    }

    static IEnumerable<string> Above()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder)) yield return folder;
    }

    /// <summary>Bytes of a safetensors file with this header and this many bytes of data.</summary>
    public static byte[] Safetensors(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header), bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        for (int i = 8 + json.Length; i < bytes.Length; i++) bytes[i] = (byte)(i * 31);
        return bytes;
    }

    /// <summary>A small valid file with three tensors, as the writer makes it.</summary>
    public static byte[] SmallSafetensors()
    {
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream,
        [
            new("bert.a", [2, 3], Dtype.F32, new float[] { 1, 2, 3, 4, 5, 6 }), new("bert.b", [5], Dtype.BF16, new float[] { 1, 2, 3, 4, 5 }), new("c", [1, 1], Dtype.F16, new float[] { 7 }),
        ], new Dictionary<string, string> { ["format"] = "pt" });
        return stream.ToArray();
    }

    /// <summary>All numbers of a tensor.</summary>
    public static float[] ReadAll(this Checkpoint checkpoint, string name)
    {
        float[] values = new float[checkpoint.Count(name)];
        checkpoint.Read(name, values);
        return values;
    }
}
