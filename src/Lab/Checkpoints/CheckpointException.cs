using System.Text.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// A model folder or one of its files cannot be used. It is the only exception that reading them throws, whatever their content;
/// the message names the file, what was expected, what was found and the next move.
/// </summary>
public sealed class CheckpointException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>A tensor that is asked for is not there.</summary>
    internal static CheckpointException NoTensor(string name, string where, IEnumerable<string> there)
    {
        string? nearest = Nearest.Of(name, there);
        string next = nearest is null ? "It holds none: give the model's weights." : $"Nearest: '{nearest}'.";
        return new($"No tensor '{name}' in {where}. {next}");
    }

    /// <summary>The JSON object that <paramref name="utf8"/> holds.</summary>
    /// <exception cref="CheckpointException">it holds something else</exception>
    internal static JsonElement Object(ReadOnlySpan<byte> utf8, string where) => StrictJson.ParseObject(utf8, out string found)
        ?? throw new CheckpointException($"{where}: expected a JSON object without duplicate names, found {found} "
            + "Copy the file again from its source, or correct it there.");

    /// <summary>
    /// Runs <paramref name="read"/> and restates as a <see cref="CheckpointException"/> what the operating system refuses.
    /// </summary>
    internal static T Restating<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException and not CheckpointException
            or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CheckpointException(
                e is FileNotFoundException or DirectoryNotFoundException
                    ? $"{file}: there is no such file. Check the path."
                    : $"{file}: it cannot be read: {e.Message} Check that it is a file and that you may read it.", e);
        }
    }
}
