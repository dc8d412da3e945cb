using System.Globalization;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.Tests.Toys;

/// <summary>
/// A folder with a text file for each tensor: its axes in the first line, then a value a line, which reads back to the bit.
/// </summary>
sealed class PlainText : IExport
{
    public string Name => "plain-text";

    public string InWords => "a text file for each tensor";

    public IExport With(TenantSpec options)
    {
        options.RefuseUnread();
        return this;
    }

    public string? WhyNot(IModel model) => null;

    public string Write(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string path, bool replace)
    {
        if (Directory.Exists(path) && !replace) throw new IOException($"{path} is there already. Name another folder with --out.");
        string unfinished = path + ".tmp";
        Directory.CreateDirectory(unfinished);
        foreach (var (name, tensor) in model.Weights.All) File.WriteAllLines(Path.Combine(unfinished, $"{name}.txt"), Lines(tensor));
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        Directory.Move(unfinished, path);
        return path;
    }

    /// <summary>The values of a tensor that was written.</summary>
    public static float[] Read(string folder, string name) =>
        [.. File.ReadLines(Path.Combine(folder, $"{name}.txt")).Skip(1).Select(line => float.Parse(line, CultureInfo.InvariantCulture))];

    static IEnumerable<string> Lines(Tensor tensor)
    {
        string axes = string.Join(' ', tensor.Shape.Axes.ToArray());
        return [axes, .. tensor.Values.ToArray().Select(value => value.ToString("R", CultureInfo.InvariantCulture))];
    }
}
