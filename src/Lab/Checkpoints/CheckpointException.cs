using Heartwood.Lab.Json;

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
        string nearest = Nearest.DidYouMean(name, there);
        return new($"No tensor '{name}' in {where}.{(nearest == "" ? " It holds none: give the model's weights." : nearest)}");
    }

    /// <summary>A JSON file of a checkpoint, which is refused with this exception.</summary>
    /// <param name="file">the file, for messages</param>
    /// <param name="next">the next move after a value that is wrong, a sentence</param>
    internal static JsonSource Json(string file, string next = "Copy the file again from its source, or correct it there.") =>
        new(file, (message, inner) => new CheckpointException(message, inner), next);

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
