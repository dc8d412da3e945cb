using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;

namespace Heartwood.Tests.Lab.Checkpoints.Gguf;

/// <summary>shared/goldens/gguf: what gguf 0.19.0 and llama.cpp write and read; its README says how.</summary>
static class GgufGoldens
{
    /// <summary>A path in the folder; skips the test where that is absent.</summary>
    public static string At(string path)
    {
        _ = new GoldenFolder("gguf");
        return Path.Combine(Files.SharedGoldens("gguf")!, path);
    }

    /// <summary>The content of a JSON file.</summary>
    public static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(At($"{name}.json"))).RootElement;

    /// <summary>A tensor's bytes in a safetensors file of the folder.</summary>
    public static byte[] Bytes(this SafetensorsFile file, string name)
    {
        List<byte> all = [];
        file.ReadBytes(name, run => all.AddRange(run));
        return [.. all];
    }

    /// <summary>A tensor's numbers.</summary>
    public static float[] Floats(this SafetensorsFile file, string name)
    {
        float[] values = new float[file.Count(name)];
        file.Read(name, values);
        return values;
    }

    /// <summary>A tensor's numbers.</summary>
    public static float[] Floats(this GgufFile file, string name)
    {
        float[] values = new float[file.Count(name)];
        file.Read(name, values);
        return values;
    }

    /// <summary>A value as the folder's tables have it: numbers as doubles.</summary>
    public static string Shown(object value) => value switch
    {
        Array array => $"[{string.Join(", ", array.Cast<object>().Select(Shown))}]",
        string text => JsonSerializer.Serialize(text),
        bool flag => flag ? "true" : "false",
        _ => Convert.ToDouble(value).ToString("R", System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>The same of a value in a table.</summary>
    public static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Shown))}]",
        JsonValueKind.String => JsonSerializer.Serialize(value.GetString()),
        JsonValueKind.Number => Shown(value.GetDouble()),
        _ => value.GetRawText(),
    };
}
